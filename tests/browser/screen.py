"""What the tests read off the screen, and how they wait for it."""

import time


def until(page, condition: str) -> None:
    """Wait for a condition. The page's policy forbids what Playwright would do for this in the page itself."""
    end = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"still not so: {condition}"
        page.wait_for_timeout(15)


def settle(page) -> None:
    """Wait until a change of the state is on the screen, and nothing moves."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    until(page, "!app.moving()")


def box(page, name: str):
    """The box of this name, in the view that is open."""
    return page.locator(".layer:not(.leaving) .box:not(.stub)", has=page.locator(f".name:text-is('{name}')"))


def view(page) -> str:
    """The name of the place that is open."""
    settle(page)
    return page.evaluate("app.place(app.state.view).label")


def number(text: str) -> float:
    return float(text.replace("−", "-"))
