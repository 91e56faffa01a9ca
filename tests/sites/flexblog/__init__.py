"""A blog behind an API: django-flex-blog, on accounts of the site's own making."""
