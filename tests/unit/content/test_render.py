"""What a card's Markdown looks like on a page."""

from xml.etree.ElementTree import fromstring

import pytest

from app.content import render
from app.content.render.formulas import MAX_FORMULAS, to_mathml
from tests.unit.content.markup import active, read


def test_emphasis_lists_and_code_are_commonmark() -> None:
    html = render.render("A **bold** and `x < y`\n\n- one\n- two\n")
    assert html == ("<p>A <strong>bold</strong> and <code>x &lt; y</code></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>")


def test_headings_start_below_the_answers_own() -> None:
    html = render.render("# One\n\n### Two\n\n# Three\n\n<h6 align=left>Four</h6>\n")
    assert html == "<h3>One</h3>\n<h4>Two</h4>\n<h3>Three</h3>\n<h5>Four</h5>"


def test_a_table_scrolls_by_itself_and_its_heads_name_columns() -> None:
    html = render.render("| Model | Loss |\n|:--|--:|\n| GAN | 1 |\n")
    assert html.startswith('<div class="scroll" role="region" aria-label="Table: Model, Loss" tabindex="0"><table>')
    assert '<th align="left" scope="col">Model</th>' in html
    assert '<td align="right">1</td>' in html
    assert html.endswith("</table></div>")


def test_a_table_in_raw_html_is_treated_alike() -> None:
    html = render.render('<table style="color:red"><tr><th>Row</th><td>1</td></tr></table>')
    assert html == (
        '<div class="scroll" role="region" aria-label="Table: Row" tabindex="0"><table><tbody><tr>'
        '<th scope="row">Row</th><td>1</td></tr></tbody></table></div>'
    )


def test_code_of_a_named_language_has_colours_and_a_name() -> None:
    html = render.render('```py\ndef f(x):  # why\n    return "a" + 1\n```\n')
    assert html == (
        '<pre tabindex="0" role="region" aria-label="Python code"><code class="language-python">'
        '<span class="k">def</span> <span class="f">f</span>(x):  <span class="c"># why</span>\n'
        '    <span class="k">return</span> <span class="s">"a"</span> + <span class="n">1</span>\n</code></pre>'
    )


@pytest.mark.parametrize("info", ["", "nosuchlanguage", "text", "{.x}", "python3 title='a'", "C++"])
def test_code_keeps_every_character(info: str) -> None:
    code = "if (a < b && c > d) {\n\treturn '</code>';\n}\n\n# end\n"
    html = render.render(f"```{info}\n{code}```\n")
    assert "".join(event[1] for event in read(html) if event[0] == "text") == code


def test_an_unknown_language_is_not_guessed() -> None:
    html = render.render("```brainfuck\nreturn 1\n```\n")
    assert html == '<pre tabindex="0" role="region" aria-label="Code"><code>return 1\n</code></pre>'


def test_bare_addresses_are_links_and_tell_nobody_where_they_were_followed_from() -> None:
    html = render.render("See https://example.org/a. Or www.example.org, me_too@example.org")
    assert '<a href="https://example.org/a" rel="noopener noreferrer nofollow">https://example.org/a</a>.' in html
    assert 'href="http://www.example.org"' in html
    assert 'href="mailto:me_too@example.org"' in html


def test_links_that_lead_nowhere_here_leave_their_words() -> None:
    text = "[a](./b.md) [c](#d) [e](/edit) [f](//g.org) [h](ftp://i) [j](javascript:k) [l](data:text/html,m) <a href=/x>n</a>"
    html = render.render(text)
    assert "<a" not in html
    assert html == "<p>a c e f h [j](javascript:k) [l](data:text/html,m) n</p>"


@pytest.mark.parametrize("scheme", ["javascript", "JaVa&#x09;script", "vbscript", "data", "blob", "file", "ftp", "tel"])
def test_no_scheme_but_those_of_pages_and_mail_is_linked(scheme: str) -> None:
    address = f"{scheme}:a.example"
    text = f"[a](<{address}>) <{address}> [b][c]\n\n[c]: <{address}>\n\n<div><a href='{address}'>d</a></div>"
    assert "<a" not in render.render(text)
    assert "<a" not in render.sanitise(f'<p><a href="{address}">e</a></p>')


def test_tasks_are_ticked_without_controls() -> None:
    html = render.render("- [ ] open\n- [x] done\n")
    assert html == '<ul>\n<li class="task">☐ open</li>\n<li class="task">☑ done</li>\n</ul>'


def test_an_image_elsewhere_is_a_link_and_never_fetched() -> None:
    html = render.render("![A loss curve](https://example.org/a.png?b=c&d) ![](https://example.org/plot.png)")
    assert html == (
        '<p><a href="https://example.org/a.png?b=c&amp;d" rel="noopener noreferrer nofollow">A loss curve</a> '
        '<a href="https://example.org/plot.png" rel="noopener noreferrer nofollow">plot.png</a></p>'
    )


def test_a_badge_within_a_link_leaves_its_words_to_the_link() -> None:
    html = render.render("[![build](https://badge.example/x.svg)](https://example.org)")
    assert html == '<p><a href="https://example.org" rel="noopener noreferrer nofollow">build</a></p>'


def test_an_image_of_the_document_is_shown_where_the_portal_has_it() -> None:
    known = {"img/a b.png": "/media/abc.png"}
    markdown = '![Plot](img/a%20b.png "Loss") <img src="img/a b.png" alt=Again width=900 onerror=x> ![Gone](img/c.png)'
    html = render.render(markdown, images=known.get)
    assert html == (
        '<p><img src="/media/abc.png" alt="Plot" title="Loss" loading="lazy"> '
        '<img src="/media/abc.png" alt="Again" loading="lazy"> <em>[Gone]</em></p>'
    )


@pytest.mark.parametrize(
    "path", ["/media/x.png", "/media/../edit", f"/media/{'0' * 64}.svg", "/edit", "data:image/png;base64,AA"]
)
def test_content_asks_the_portal_for_its_images_only(path: str) -> None:
    assert "<img" not in render.render(f'![a]({path}) <img src="{path}" alt=b>')


def test_an_image_without_a_place_or_words_shows_its_name() -> None:
    assert render.render("![](img/c.png)") == "<p><em>[c.png]</em></p>"


LONG = "a+b+c+d+e+f+g+h"
IN_ITSELF = '<span class="scroll" role="group" aria-label="Formula" tabindex="0"><math display="inline">'


@pytest.mark.parametrize("text", [f"It is ${LONG}$ and $a+b$.", f"- It is ${LONG}$ and $a+b$."])
def test_a_long_formula_in_a_line_scrolls_in_itself(text: str) -> None:
    html = render.render(text)
    assert html.count(IN_ITSELF) == 1
    assert "</math></span> and <math" in html
    assert IN_ITSELF in render.render_question(text)
    assert render.sanitise(html) == html
    assert render.sanitise(html.replace(IN_ITSELF, '<math display="inline">').replace("</span>", "")) == html
    assert "<span" not in render.render_elsewhere(text)
    assert "<span" not in render.render_inline(text)  # an option: a click on it is to choose it


def test_formulas_are_mathml() -> None:
    html = render.render("The loss $x^2$ is\n\n$$\n\\frac{a}{b} < c\n$$\n")
    assert '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>' in html
    assert '<div class="scroll" role="region" aria-label="Formula" tabindex="0"><math display="block">' in html
    assert "<mo>&lt;</mo>" in html


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "from $5 to $10, $20",
        "US$5 and C$6",
        "$HOME/$PATH",
        "a $ b $ c",
        r"\$x\$",
        "`$x$`",
        "cash: 5$, 6$",
    ],
)
def test_dollars_are_not_always_formulas(text: str) -> None:
    assert "<math" not in render.render(text)


@pytest.mark.parametrize(
    "latex", [r"\nosuchcommand{x}", "{", r"\frac", "x" * 3000, r"\newcommand{\a}{b}\a", r"\def\a{\a}\a"]
)
def test_a_formula_that_cannot_be_set_shows_its_source(latex: str) -> None:
    html = render.render(f"${latex}$")
    assert html == f"<p><code>${latex}$</code></p>"


@pytest.mark.parametrize(
    "latex", [r"\arg\max_k x_k", r"\operatorname{softmax}(x)", r"a = b \label{one} \notag", r"\bm{x}"]
)
def test_commands_of_machine_learning_are_known(latex: str) -> None:
    assert render.render(f"$${latex}$$").count("<math") == 1


def test_formulas_stand_in_quotes_lists_and_after_text() -> None:
    assert render.render("> $$\n> a\n> $$").count("<math") == 1
    assert render.render("- $$a\n  b$$").count("<math") == 1
    assert render.render("so\n$$a$$\nthen").count("<math") == 1
    assert render.render("```math\na\n```").count("<math") == 1


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{primary}{x}",
        r"\unicode{x3c}script\unicode{x3e}",
        r"\text{&lt;script&gt;}",
        r"\hspace{99999em}x",
        r"\color{red;x}{y}",
    ],
)
def test_formulas_are_inert(latex: str) -> None:
    html = render.render(f"${latex}$\n\n$$\n{latex}\n$$")
    assert active(html) == []
    assert not {"href", "style", "class", "id"} & {
        attribute.partition("=")[0]
        for event in read(html)
        if event[0] == "<" and event[1][0] == "m"
        for attribute in event[2:]
    }
    assert "99999" not in html or "<code>" in html or 'width="99999em"' not in html


def test_no_formula_grows_inside_an_attribute() -> None:
    inside = '<a title="\n\n$\\text{" onclick="alert(1)}$\n\n" href="https://example.org">x</a>'
    for text in (inside, f"<div>{inside}</div>"):
        html = render.render(text)
        assert active(html) == []
        assert html.count("<math") <= 1
    assert "<math" not in html


def test_only_known_elements_of_a_formula_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a later converter makes of LaTeX."""
    tree = fromstring("<math><script>alert(1)</script><maction href='javascript:x'><mi>a</mi></maction></math>")
    monkeypatch.setattr("latex2mathml.converter.Converter.convert_to_element", lambda *_: tree)
    assert to_mathml(r"\only{here}", False) == "<math>alert(1)<mi>a</mi></math>"


def test_only_so_many_formulas_are_set() -> None:
    assert render.render("$x$ " * (MAX_FORMULAS + 1)).endswith("</math> <code>$x$</code></p>")


def test_mathml_and_svg_of_content_are_dropped() -> None:
    html = render.render('<math><mtext><img src=x onerror=alert(1)></mtext></math> <svg onload="alert(1)"></svg>')
    assert "<math" not in html
    assert "<svg" not in html
    assert active(html) == []


def test_raw_html_keeps_what_content_is_made_of() -> None:
    html = render.render("<details><summary>More</summary>\n\nH<sub>2</sub>O, <kbd>Esc</kbd><br>next\n\n</details>")
    assert html == ("<details><summary>More</summary>\n<p>H<sub>2</sub>O, <kbd>Esc</kbd><br>next</p>\n</details>")


def test_content_brings_no_look_and_no_names_of_its_own() -> None:
    html = render.render(
        '<p id="main" class="btn primary" style="position:fixed" role="alert" data-key="x" aria-live="off" onclick="x">'
        '<a href="https://e.org" target="_top" name="y" ping="//z">a</a><!-- b --><span class="btn">c</span></p>'
    )
    assert html == '<p><a href="https://e.org" rel="noopener noreferrer nofollow">a</a><span class="">c</span></p>'


def test_a_question_of_one_paragraph_fits_a_heading() -> None:
    assert render.render_question("What does `x` do?") == "What does <code>x</code> do?"
    assert render.render_question("1. what?") == "1. what?"
    assert render.render_question("What prints\nthis?") == "What prints\nthis?"
    assert render.render_question("What prints?\n\n```py\n1\n```").startswith("<p>What prints?</p>\n<pre ")


def test_an_option_is_read_as_one_line_whatever_it_begins_with() -> None:
    assert render.render_inline("# of *epochs*") == "# of <em>epochs</em>"
    assert render.render_inline("- 1") == "- 1"
    assert render.render_inline("```js\n1\n```").startswith("<pre ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What is it?", "What is it?"),
        ("What is **`x_y`** in [C](https://c.org)?", "What is x_y in C?"),
        ("a &amp; b <br> ![pic](x.png) $x^2$", "a & b  pic x^2"),
        ("# A\n\n- b\n- c\n\n```py\nd\n```\n<div>e</div>", "A\nb\nc\nd\ne"),
        ("| a | b |\n|-|-|\n| c | d |", "a\nb\nc\nd"),
        ("snake_case 2 * 3 * 4", "snake_case 2 * 3 * 4"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
    ],
)
def test_plain_text_has_the_words_without_the_marks(text: str, words: str) -> None:
    assert render.plain(text) == words


def test_today_s_html_passes_its_own_rules_unchanged() -> None:
    text = (
        "# A\n\n| a | b |\n|-|-|\n| $x$ | ![i](i.png) |\n\n```py\ndef f(): pass\n```\n\n$$\n\\frac{a}{b}\n$$\n\n"
        "- [x] t\n\n[l](https://l.org) ![e](https://e.org/e.png)\n\n<details open><summary>S</summary>T</details>"
    )
    html = render.render(text, images={"i.png": f"/media/{'0' * 64}.png"}.get)
    assert render.sanitise(html) == html


def test_older_html_is_made_safe() -> None:
    old = '<p onclick="x">a <script>b</script><math display="block"><mi onclick="c">d</mi></math></p>'
    assert render.sanitise(old) == "<p>a </p>"
    assert "<math" not in render.sanitise('<p>a <math onclick="b"><mi>c</mi></math></p>')


def test_html_that_is_almost_a_formula_takes_no_longer() -> None:
    assert "<m" not in render.sanitise("<math>" + "a" * 5_000 + "<" + "<mi>" * 5_000)


def test_what_is_too_long_is_shown_as_written() -> None:
    html = render.render("*a* <b>\n" * 10_000)
    assert html.startswith('<pre tabindex="0" role="region" aria-label="Code"><code>*a* &lt;b&gt;\n*a*')


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("| a | b |\n|-|-|\n" + "| c | d |\n" * 44_000, id="a table of 440 KB"),
        pytest.param("".join("  " * (n % 1000) + "- a\n" for n in range(4000)), id="4 MB of nested lists"),
        pytest.param(">" * 10_000 + " a", id="ten thousand quotes"),
        pytest.param("> " * 10_000 + "a", id="ten thousand spaced quotes"),
        pytest.param("<div>" * 9_000, id="nested tags"),
        pytest.param("[" * 20_000, id="brackets"),
        pytest.param("![[" * 10_000, id="brackets of images"),
        pytest.param("*a **b " * 6_000, id="emphasis that never ends"),
        pytest.param("http://a.b/" + ")" * 40_000, id="a link that closes for ever"),
        pytest.param("$" + "{" * 900 + "}" * 900 + "$", id="a deep formula"),
        pytest.param("$$a\n" * 10_000, id="formulas that never end"),
        pytest.param("```js\n" + '"\\' * 20_000 + "\n```", id="code on one line"),
        pytest.param("\0" * 40_000, id="NUL"),
        pytest.param("\ud800 $x$", id="half a character"),
    ],
)
def test_hostile_sizes_are_rendered_or_shown_as_written(text: str) -> None:
    html = render.render(text)
    assert active(html) == []
    assert len(html) < 12 * len(text) + 1000
    assert active(render.render_question(text)) == []
    render.plain(text)
