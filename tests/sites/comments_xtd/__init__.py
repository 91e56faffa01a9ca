"""A newspaper: articles by DJ Press, threaded comments by django-comments-xtd."""
