from __future__ import annotations

import pytest

from moderation.models import Case, Finding
from moderation.services import decisions
from tests.admin.conftest import scan_all
from tests.admin.test_case_page import address
from tests.site.models import Article, Comment

pytestmark = pytest.mark.django_db

ADVERTISEMENT = (
    "I never believed in working from home until I found this course <b>today</b>, now I earn "
    "more in a week than in a month before, look at https://course.example/{} and thank me later"
)


@pytest.fixture(autouse=True)
def _built_in_detectors(settings):
    settings.MODERATION = {}


def paste(number, *, body=ADVERTISEMENT):
    article = Article.objects.create(headline=f"Story {number}", body=f"<p>Story {number}.</p>")
    comment = Comment.objects.create(
        article=article, body=body.format(number), author_name=f"Guest {number}"
    )
    scan_all()
    return comment


def case_of(comment):
    return Case.objects.get(subject__object_id=str(comment.pk), subject__model_label="site.comment")


def test_the_page_lists_where_a_comment_was_pasted(desk, django_assert_max_num_queries):
    pasted = [paste(number) for number in range(5)]
    case = case_of(pasted[-1])
    page = desk.get(address(case)).text
    assert "The same comment elsewhere" in page
    for number in range(4):
        assert f"Guest {number}" in page
        assert f"Story {number}" in page
    assert "&lt;b&gt;today&lt;/b&gt;" in page
    assert f"#{case_of(pasted[-2]).pk}</a>" in page
    with django_assert_max_num_queries(40):
        desk.get(address(case))


def test_a_repeat_that_is_gone_is_left_out(desk):
    pasted = [paste(number) for number in range(4)]
    finding = Finding.objects.filter(category="pasted").latest("pk")
    finding.detail["keys"] = [*finding.detail["keys"], "snapshot:999999", "nonsense"]
    finding.save()
    page = desk.get(address(case_of(pasted[-1])))
    assert page.status_code == 200
    assert "Guest 0" in page.text


def test_an_ordinary_comment_has_no_such_list(desk, root):
    comment = paste(1, body="You are a complete idiot and everybody here knows it.")
    case = case_of(comment)
    assert "The same comment elsewhere" not in desk.get(address(case)).text
    decisions.decide(case.pk, outcome="dismiss_allowed", actor=root, version=case.version)
    assert desk.get(address(case)).status_code == 200
