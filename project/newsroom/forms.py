"""What readers may send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth.models import AnonymousUser, User

from project.newsroom.models import Article, Comment

if TYPE_CHECKING:
    CommentFormBase = forms.ModelForm[Comment]
else:
    CommentFormBase = forms.ModelForm


class CommentForm(CommentFormBase):
    """A comment under one article: guests give a name, members are known by their account."""

    class Meta:
        model = Comment
        fields = ["author_name", "body", "parent"]
        widgets = {"body": forms.Textarea(attrs={"rows": 5}), "parent": forms.HiddenInput}

    def __init__(
        self, *args: Any, article: Article, user: User | AnonymousUser, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.instance.article = article
        answerable = Comment.objects.filter(article=article, is_public=True)
        cast("forms.ModelChoiceField[Comment]", self.fields["parent"]).queryset = answerable
        if user.is_authenticated:
            self.instance.author = user
            del self.fields["author_name"]
        else:
            self.fields["author_name"].required = True
