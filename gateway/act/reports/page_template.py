"""The template of the report's page (Jinja2, with autoescape): its policy forbids scripts, and everything remote.

The plots alone are put in as they are: pygal has made and escaped them.
"""

from __future__ import annotations

TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 16px/1.45 system-ui, sans-serif; color: #222; background: #fff; margin: 0 auto; max-width: 60rem; \
padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0.5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid #ccc; }
svg { display: block; width: 100%; height: auto; }
figure { margin: 0.5rem 0; }
figcaption, .note { color: #555; font-size: 0.9rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; margin: 0.5rem 0; }
th, td { text-align: left; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; \
overflow-wrap: anywhere; }
th.n, td.n { text-align: right; overflow-wrap: normal; }
td.n { white-space: nowrap; }
td.id { font-family: ui-monospace, monospace; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<ul>
{% for sentence in sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>

<h2>Volume</h2>
<figure>{{ plots.volume|safe }}<figcaption>Messages for each {{ f.volume.step }}, in the time zone {{ f.timezone }}. \
Messages that were put off come again and count once.</figcaption></figure>
<figure>{{ plots.of_day|safe }}<figcaption>Messages by hour of the day, all days together.</figcaption></figure>
<table>
<tr><th>Direction<th>Action<th class="n">Copies</tr>
{% for row in f.copies %}
<tr><td>{{ row.direction }}<td>{{ row.action }}<td class="n">{{ row.copies|number }}</tr>
{% endfor %}
</table>

<h2>Held</h2>
{% if f.held.by_code %}
<figure>{{ plots.held|safe }}<figcaption>What became of the messages that each code held.</figcaption></figure>
<table>
<tr><th>Code<th>Clause<th class="n">Held<th class="n">Released<th class="n">after (half)<th class="n">after (longest)\
<th class="n">Deleted<th class="n">Refused<th class="n">Waiting</tr>
{% for row in f.held.by_code %}
<tr><td>{{ row.code }}<td>{{ row.clause }}<td class="n">{{ row.held|number }}<td class="n">{{ row.released|number }}
<td class="n">{{ row.released_after.median|span if row.released_after else "" }}
<td class="n">{{ row.released_after.longest|span if row.released_after else "" }}
<td class="n">{{ row.deleted|number }}<td class="n">{{ row.refused|number }}<td class="n">{{ row.waiting|number }}</tr>
{% endfor %}
</table>
<p class="note">A released message is mostly a false alarm. A refused one stays held: a reviewer has refused whoever \
asked for it. A message with several codes counts under each. Codes that \
tell of people are left out where they are about a few, and for a time that isn't whole weeks.</p>
{% else %}
<p>No message was held.</p>
{% endif %}
{% if f.held.senders %}
<h2>Outside senders held most</h2>
<table>
<tr><th>Sender<th class="n">Messages</tr>
{% for row in f.held.senders %}
<tr><td>{{ row.sender|short }}<td class="n">{{ row.messages|number }}</tr>
{% endfor %}
</table>
<p class="note">Our own people are not named, nor are the senders of mail that is labelled personal.</p>
{% endif %}

<h2>Would have been held</h2>
{% if f.monitor %}
<figure>{{ plots.monitor|safe }}<figcaption>Messages that went on their way, and that a filter in monitor would have \
kept.</figcaption></figure>
<table>
<tr><th>Code<th>Clause<th>Action{% for way in f.volume.directions %}<th class="n">{{ way }}{% endfor %}</tr>
{% for row in f.monitor %}
<tr><td>{{ row.code }}<td>{{ row.clause }}<td>{{ row.action }}\
{% for way in f.volume.directions %}<td class="n">{{ row[way]|number }}{% endfor %}</tr>
{% endfor %}
</table>
<p class="note">Codes that tell of people are left out as above.</p>
{% else %}
<p>No filter in monitor would have kept a message.</p>
{% endif %}

<h2>Decisions</h2>
<table>
<tr><th>Released<td class="n">{{ f.decisions.released|number }}</tr>
<tr><th>Released by a reply<td class="n">{{ f.decisions.confirmed|number }}</tr>
<tr><th>Deleted<td class="n">{{ f.decisions.deleted|number }}</tr>
<tr><th>Refused to whoever asked<td class="n">{{ f.decisions.refused|number }}</tr>
{% for name, spread in [("From arrival to decision", f.decisions.after), ("From opening to decision", \
f.decisions.reading)] if spread %}
<tr><th>{{ name }}<td class="n">half within {{ spread.median|span }}, nine in ten within {{ spread.ninth_decile|span }}\
, the longest {{ spread.longest|span }}</tr>
{% endfor %}
</table>
<p class="note">All reviewers together. Each decision counts, also of a message that was restored and decided again; \
`mailwarden audit list` has each act.</p>

<h2>Waiting</h2>
{% if f.waiting.oldest %}
<table>
<tr><th>Id<th>Received<th>Direction<th>Codes</tr>
{% for row in f.waiting.oldest %}
<tr><td class="id">{{ row.id }}<td>{{ row.received_at|minute }}<td>{{ row.direction }}\
<td>{{ row.codes|join(", ") or "(not shown)" }}\
</tr>
{% endfor %}
</table>
<p class="note">The oldest of {{ f.waiting.messages|number }}, of which {{ f.waiting.asked_for|number }} are asked \
for.</p>
{% else %}
<p>No message waits for a decision.</p>
{% endif %}

<h2>Trouble</h2>
{% if f.trouble.checks %}
<table>
<tr><th>Check that could not be made<th class="n">Messages<th>First<th>Last</tr>
{% for row in f.trouble.checks %}
<tr><td>{{ row.code }}<td class="n">{{ row.messages|number }}<td>{{ row.first|minute }}<td>{{ row.last|minute }}</tr>
{% endfor %}
</table>
{% endif %}
{% if f.trouble.replies %}
<table>
<tr><th>Temporary reply, such as<th class="n">Messages<th>First<th>Last</tr>
{% for row in f.trouble.replies %}
<tr><td>{{ row.reply|short }}<td class="n">{{ row.messages|number }}<td>{{ row.first|minute }}<td>{{ row.last|minute }}\
</tr>
{% endfor %}
</table>
{% endif %}
{% if f.trouble.given_up %}
<table>
<tr><th>Given up in the outbox after a reply, such as<th class="n">Messages<th>First<th>Last</tr>
{% for row in f.trouble.given_up %}
<tr><td>{{ row.reply|short }}<td class="n">{{ row.messages|number }}<td>{{ row.first|minute }}<td>{{ row.last|minute }}\
</tr>
{% endfor %}
</table>
{% endif %}
{% if f.trouble.outbox %}
<table>
<tr><th>Waiting in the outbox after the reply<th class="n">Messages<th>Oldest<th class="n">Attempts</tr>
{% for row in f.trouble.outbox %}
<tr><td>{{ row.reply|short }}<td class="n">{{ row.messages|number }}<td>{{ row.oldest|minute }}\
<td class="n">{{ row.attempts|number }}</tr>
{% endfor %}
</table>
{% endif %}
<p>Copies that went to the outbox: {{ f.trouble.queued|number }}; refused by a next hop for good: \
{{ f.trouble.failed|number }}.</p>
<p class="note">Made {{ f.made|minute }} by Mailwarden.</p>
</body>
</html>
"""
