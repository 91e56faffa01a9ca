"""Ready-made targets for packages from PyPI; none is imported unless a site names it.

==============================  =======================================  ===================
model                           target                                   hidden by
==============================  =======================================  ===================
django_comments.Comment         ``…adapters.django_comments.``           ``is_removed``
                                ``CommentTarget``
django_comments_xtd.XtdComment  ``…adapters.comments_xtd.CommentTarget`` ``is_removed``
djpress.Post                    ``…adapters.djpress.PostTarget``         ``status`` draft
flex_blog.Article               ``…adapters.flex_blog.ArticleTarget``    ``status`` archived
flex_blog.Comment               ``…adapters.flex_blog.CommentTarget``    ``status`` rejected
==============================  =======================================  ===================

A site uses one by its dotted path and needs no code::

    MODERATION = {
        "TARGETS": {
            "django_comments.Comment": "moderation.targets.adapters.django_comments.CommentTarget",
        },
    }

Whatever does not fit is changed in a subclass. A package without an entry here needs nothing
but a dict of options in the same place.
"""
