"""The pages of readers and authors: without a script, with and without an account."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.template import Context, Template
from django.test import Client

from moderation.models import Appeal, Case, Report
from moderation.services import links
from tests.reports.conftest import decide, scan
from tests.site.models import Comment, Unmoderated

pytestmark = pytest.mark.django_db

GIVEN = {"category": "attack", "email": "reader@mail.example", "text": "Look <b>here</b>."}


@pytest.fixture
def page(comment):
    return f"/moderation/report/site.comment/{comment.pk}/"


@pytest.fixture
def hidden(comment, author, moderator, policy):
    Comment.objects.filter(pk=comment.pk).update(body="You are a <i>badword</i>.", author=author)
    comment.refresh_from_db()
    comment.save()
    scan()
    return decide(Case.objects.get(), moderator, "hide", public_note="<b>No.</b>")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


# Reporting


def test_a_reader_reports_and_is_thanked(client, page):
    told = client.get(page)
    assert told.status_code == 200
    assert told["X-Robots-Tag"] == "noindex"
    assert b"style=" not in told.content
    assert b"<script" not in told.content
    answer = client.post(page, GIVEN, follow=True)
    assert b"Your report was received" in answer.content
    report = Report.objects.get()
    assert (report.category, report.email, report.kind) == (
        "attack",
        "reader@mail.example",
        "reader",
    )


def test_what_is_missing_is_said_beside_its_field(client, page):
    answer = client.post(page, {"category": "attack", "notice": "on", "text": "<script>x"})
    assert answer.status_code == 400
    for field in ("email", "name", "location", "good_faith"):
        assert f'id="id_{field}_error"'.encode() in answer.content
    assert b"<script>x" not in answer.content
    assert b"&lt;script&gt;x" in answer.content
    assert not Report.objects.exists()


def test_a_notice_is_filled_in(client, page):
    more = {
        "notice": "on",
        "name": "Ann",
        "location": "https://news.example/1",
        "good_faith": "on",
    }
    assert client.post(page, {**GIVEN, **more}).status_code == 302
    assert Report.objects.get().kind == "notice"


def test_an_account_with_an_address_is_not_asked_for_it(author, page):
    client = signed_in(author)
    assert b'name="email"' not in client.get(page).content
    client.post(page, {"category": "spam"})
    report = Report.objects.get()
    assert (report.reporter, report.email) == (author, "author@mail.example")


@pytest.mark.parametrize(
    ("values", "stranger", "account"),
    [
        ({}, True, True),
        ({"SITE_URL": ""}, False, True),
        ({"NOTIFY_REPORTERS": False}, False, False),
    ],
)
def test_an_answer_is_promised_to_those_who_get_one(
    client, author, page, lay, values, stranger, account
):
    lay(**values)
    assert (b"We send you a link" in client.get(page).content) is stranger
    thanks = client.post(page, GIVEN, follow=True).content.decode()
    assert "Your report was received" in thanks
    assert ("you find a link there" in thanks) is stranger
    thanks = signed_in(author).post(page, {"category": "spam"}, follow=True).content.decode()
    assert ("We tell you by e-mail" in thanks) is account


def test_forms_need_their_token(page):
    assert Client(enforce_csrf_checks=True).post(page, GIVEN).status_code == 403


@pytest.mark.parametrize(
    "address",
    ["site.comment/999999", "site.comment/x%00", "auth.user/1", "nothing/1", "site.comment/a/b"],
)
def test_what_is_not_there_is_not_found(client, db, address):
    assert client.get(f"/moderation/report/{address}/").status_code == 404


def test_too_many_reports_from_one_address_are_refused(client, page, lay):
    lay(REPORT_RATE="1/hour")
    cache.clear()
    assert client.post(page, GIVEN).status_code == 302
    assert client.post(page, {**GIVEN, "email": "b@mail.example"}).status_code == 429


def test_the_desk_has_a_word_of_its_own_on_proxies(client, page, lay, settings):
    lay(REPORT_RATE="1/hour", NUM_PROXIES=1)
    settings.REST_FRAMEWORK = {"NUM_PROXIES": 0}
    given = [
        client.post(page, {**GIVEN, "email": f"{n}@mail.example"}, HTTP_X_FORWARDED_FOR=forwarded)
        for n, forwarded in enumerate(("192.0.2.1", "192.0.2.2", "9.9.9.9, 192.0.2.1", "", ""))
    ]
    assert [answer.status_code for answer in given] == [302, 302, 429, 302, 429]


@pytest.mark.parametrize(
    ("proxies", "codes"), [(None, [302, 429]), (0, [302, 429]), (1, [302, 302]), (2, [302, 429])]
)
def test_readers_behind_a_proxy_are_told_apart(client, page, lay, settings, proxies, codes):
    lay(REPORT_RATE="1/hour")
    cache.clear()
    settings.REST_FRAMEWORK = {"NUM_PROXIES": proxies}
    given = [
        client.post(
            page,
            {**GIVEN, "email": f"{n}@mail.example"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.1, 192.0.2.{n}",
        ).status_code
        for n in range(2)
    ]
    assert given == codes


def test_the_tag_links_to_the_page_of_what_is_moderated(comment, page):
    template = Template("{% load moderation %}{% moderation_report obj %}")
    told = template.render(Context({"obj": comment}))
    assert f'href="{page}"' in told
    assert "comment by guest" in told
    assert template.render(Context({"obj": Unmoderated(pk=1)})) == ""


# Contesting


def test_the_author_objects_with_the_link_alone(client, hidden, lay):
    address = f"/moderation/appeal/{links.token_of(hidden)}/"
    told = client.get(address)
    assert told.status_code == 200
    assert told["Referrer-Policy"] == "same-origin"
    assert "no-store" in told["Cache-Control"]
    for words in ("Be civil", "badword", "&lt;b&gt;No.&lt;/b&gt;", "decision-"):
        assert words in told.content.decode()
    assert client.post(address, {"text": " "}).status_code == 400
    answer = client.post(address, {"text": "It was a quotation."}, follow=True)
    assert "submitted" in answer.content.decode()
    assert client.post(address, {"text": "again"}).status_code == 409
    assert client.post(address, {"withdraw": "1"}).status_code == 302
    assert Appeal.objects.get().state == "withdrawn"
    assert client.post(address, {"withdraw": "1"}).status_code == 409


def test_the_author_objects_signed_in(client, hidden, author, colleague):
    address = f"/moderation/decision/{hidden.pk}/"
    assert client.get(address).status_code == 302
    assert signed_in(colleague).get(address).status_code == 404
    mine = signed_in(author)
    assert mine.get(address).status_code == 200
    assert mine.post(address, {"text": "It was a quotation."}).status_code == 302
    assert Appeal.objects.get().author == author


@pytest.mark.parametrize("token", ["x", "MQ:1:2", "%00", "a" * 5000])
def test_a_link_we_did_not_make_is_not_found(client, db, token):
    assert client.get(f"/moderation/appeal/{token}/").status_code == 404


def test_nothing_to_withdraw_is_said(client, hidden):
    answer = client.post(f"/moderation/appeal/{links.token_of(hidden)}/", {"withdraw": "1"})
    assert answer.status_code == 400
