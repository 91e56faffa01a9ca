"""The desk for programs: what the admin can do, over HTTP. Include :mod:`moderation.api.urls`.

Reads rows; every write goes through the services that the admin uses, with the same
permissions.
"""
