"""The screens on which pages are looked at: a desk and a phone, a light and a dark ground."""

import pytest

DESK, PHONE = (1280, 900), (390, 844)
# A dark ground changes colours and a narrow screen the layout, nowhere both at once: two screens see each of the four.
SCREENS = pytest.mark.parametrize(
    ("width", "height", "dark"), [(*DESK, False), (*PHONE, True)], ids=["desk-light", "phone-dark"]
)
# For a page that another test opens on the two above.
OTHER_SCREENS = pytest.mark.parametrize(
    ("width", "height", "dark"), [(*DESK, True), (*PHONE, False)], ids=["desk-dark", "phone-light"]
)


def drawn(page) -> None:
    """Wait until every chart is drawn, if there is any."""
    charts = page.locator(".chart").count()
    if charts:
        page.locator(".chart[data-state=drawn]").nth(charts - 1).wait_for(state="attached")
