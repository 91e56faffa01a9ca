"""A newspaper: articles by DJ Press, comments by django-contrib-comments."""
