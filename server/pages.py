"""The few pages of the server's own, without scripts."""

from fastapi.responses import HTMLResponse

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
SIGN_IN_FIRST = """<p>Sign in first: open the link of your invitation.</p>
<p>If you have none, or it is used up, ask whoever runs this agent. They make one with
<code>python -m server invite NAME</code>.</p>"""
NOT_FROM_HERE = """<p>This agent talks to the browser on its own machine alone.</p>
<p>Whoever runs it can let you in: set <code>access.secret</code> in the profile, start it again,
and send you the link that <code>python -m server invite NAME</code> prints.</p>"""
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Repartee</title><link rel="stylesheet" href="/assets/index.css">
<main><h1>Repartee</h1>{}</main></html>"""


def page(text: str, status: int = 200) -> HTMLResponse:
    """A page that says `text`, which is HTML."""
    return HTMLResponse(_PAGE.format(text), status, HEADERS)
