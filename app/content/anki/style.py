"""How cards from here look in Anki: quiet, readable, in both of its themes, code coloured."""

QUESTION = (
    '<div class="section">{{Section}}</div><div class="question">{{Question}}</div>'
    '{{#Options}}<div class="options">{{Options}}</div>{{/Options}}'
)
ANSWER = '{{FrontSide}}<hr id="answer"><div class="answer">{{Answer}}</div>'
CSS = """.card { font: 19px/1.5 system-ui, sans-serif; text-align: left; max-width: 42rem; margin: 0 auto; padding: 1rem;
  color: #1d1d1b; background: #fff; }
.question { font-size: 1.15em; font-weight: 600; }
.question p, .question pre, .question table { font-weight: 400; }
.section { font-size: .75em; color: #6a6a66; }
.options { margin-top: 1em; }
ol.keys { list-style: none; padding: 0; }
ol.keys > li { margin: .4em 0; }
img { max-width: 100%; height: auto; }
pre, code { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .7em .9em; border-radius: 6px; background: #f3f3f0; }
table { border-collapse: collapse; }
th, td { padding: .25em .6em; border: 1px solid #ccc; }
blockquote { margin-left: 0; padding-left: 1em; border-left: 3px solid #ccc; }
.k { color: #8a2f7b; } .s { color: #2f6b2f; } .c { color: #6a6a66; } .n { color: #8a4b00; } .f { color: #1f5a99; }
.nightMode.card, .nightMode .card { color: #e8e8e3; background: #1d1d1b; }
.nightMode pre { background: #2a2a27; }
.nightMode .section, .nightMode .c { color: #a5a59f; }
.nightMode .k { color: #e0a0d3; } .nightMode .s { color: #9ccf9c; } .nightMode .n { color: #e0b070; }
.nightMode .f { color: #8fbfee; }
"""
