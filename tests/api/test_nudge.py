"""The question under a comment form: in the page, and in a browser under a strict policy."""

from __future__ import annotations

import pytest
from django import forms
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from playwright.sync_api import expect

from tests.admin.csp import POLICY
from tests.admin.test_browser import browser_page

QUESTION = "Do you want to rephrase it?"


class WriteForm(forms.Form):
    name = forms.CharField(required=False)
    body = forms.CharField(widget=forms.Textarea)


PAGE = Template(
    '<!doctype html><html lang="en"><title>Write</title>{% load moderation %}'
    '<form method="post">{% csrf_token %}{{ form.as_p }}'
    "{% moderation_nudge form answers=answers %}<button>Send</button></form>"
)


@csrf_exempt
def write(request):
    if request.method == "POST":
        return HttpResponse(f"sent: {len(request.POST['body'])}")
    context = {"form": WriteForm(), "answers": "said before", "csrf_token": "x" * 64}
    headers = {"Content-Security-Policy": POLICY}
    return HttpResponse(PAGE.render(Context(context)), headers=headers)


urlpatterns = [
    path("write/", write),
    path("api/", include("moderation.api.urls")),
]


def rendered(tag: str) -> str:
    template = Template("{% load moderation %}{% " + tag + " %}")
    return template.render(Context({"form": WriteForm(), "said": '"><script>'}))


def test_the_tag_finds_the_text_area_and_escapes_what_it_is_given():
    told = rendered("moderation_nudge form answers=said")
    assert 'data-field="id_body"' in told
    assert 'data-url="/api/v1/check/"' in told
    assert 'aria-live="polite"' in told
    assert "<script>" not in told
    assert 'data-field="id_name"' in rendered("moderation_nudge form field='name'")


@pytest.mark.parametrize("tag", ["moderation_nudge form field='none'", "moderation_nudge empty"])
def test_a_form_without_a_text_area_is_a_mistake_of_the_page(tag):
    template = Template("{% load moderation %}{% " + tag + " %}")
    with pytest.raises(TemplateSyntaxError, match="no text area"):
        template.render(Context({"form": WriteForm(), "empty": forms.Form()}))


# In a browser

expect.set_options(timeout=30_000)  # the machine may be busy; nothing waits for this long


@pytest.fixture
def page_of(live_server, chromium, settings):
    settings.ROOT_URLCONF = __name__

    def open_page(**options):
        return browser_page(chromium, **options), f"{live_server.url}/write/"

    return open_page


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_a_writer_is_asked_shown_the_passage_and_never_held_back(page_of):
    opened, address = page_of(viewport={"width": 360, "height": 740})
    with opened as page:
        page.goto(address)
        field, box = page.locator("#id_body"), page.locator("[data-nudge-box]")
        expect(box).to_be_hidden()
        field.fill("😀 You are a badword, he said.")
        expect(box).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text(QUESTION)
        expect(box.locator("mark")).to_have_text("badword")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Show the passage").click()
        picked = field.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
        assert picked == "badword"
        page.get_by_role("button", name="Leave it as it is").click()
        expect(box).to_be_hidden()
        field.fill("You are a badword, again.")
        expect(box).to_be_visible()
        field.fill("You are right, thank you.")
        expect(box).to_be_hidden()
        field.fill("You are a badword, and I mean it.")
        expect(box).to_be_visible()
        page.get_by_role("button", name="Send").click()
        expect(page.locator("body")).to_have_text("sent: 33")


@pytest.mark.slow
def test_hostile_text_is_shown_and_not_run(page_of):
    opened, address = page_of()
    with opened as page:
        page.goto(address)
        page.locator("#id_body").fill("badword <img src=x onerror=document.title='taken'>")
        expect(page.locator("[data-nudge-quote]")).to_contain_text("<img src=x")
        assert page.title() == "Write"


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_without_script_or_without_an_answer_the_form_is_just_a_form(page_of, settings, javascript):
    settings.MODERATION = {**settings.MODERATION, "CHECK_RATE": "1/day"}
    opened, address = page_of(javascript=javascript)
    with opened as page:
        page.goto(address)
        field, box = page.locator("#id_body"), page.locator("[data-nudge-box]")
        if javascript:
            with page.expect_response("**/check/") as answered:
                field.fill("You are a badword, one.")
            assert answered.value.status == 200, answered.value.text()
            expect(box).to_be_visible()
            with page.expect_response("**/check/") as refused:
                field.fill("You are a badword, two.")
            assert refused.value.status == 429
        else:
            field.fill("You are a badword, two.")
        expect(box).to_be_hidden()
        page.get_by_role("button", name="Send").click()
        expect(page.locator("body")).to_have_text("sent: 23")
