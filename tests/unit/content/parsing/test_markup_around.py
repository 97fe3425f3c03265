"""Front matter, MDX, HTML pages, and languages other than English."""

import pytest

from tests.unit.content.parsing.reading import asked, deck, pairs

MDX = """
    ---
    title: CSS quiz
    tags: [css, layout]
    ---

    import Tabs from '@theme/Tabs';

    export const meta = {
      a: 1,
    };

    <Head>
      <title>x</title>
    </Head>

    ## What is the box model?

    <Tabs>
      <TabItem value="a">

    Margin, border.

      </TabItem>
    </Tabs>

    ```jsx
    import React from 'react';
    <Foo/>
    ```

    ## Describe `float`s.

    :::info

    {/* a comment */}

    Floats **float**.

    :::

    <QuestionCount />
    """


def test_mdx_machinery_is_left_out_and_code_is_kept() -> None:
    found = deck(MDX, "quiz.mdx")
    assert found.title == "CSS quiz"
    assert found.meta["tags"] == "css, layout"
    assert [(card.question, card.answer) for card in found.cards] == [
        ("What is the box model?", "Margin, border.\n\n```jsx\nimport React from 'react';\n<Foo/>\n```"),
        ("Describe `float`s.", "Floats **float**."),
    ]


def test_front_matter_or_an_argument_fixes_the_reading() -> None:
    text = "## What is A?\n\n- **What is B?** Beta.\n- **What is C?** Gamma.\n\n## What is D?\n\nDelta.\n"
    assert deck(text).dialect == "headings"
    assert [card.question for card in deck(text, dialect="lists").cards] == ["What is B?", "What is C?"]
    assert deck("---\ndialect: lists\n---\n" + text).dialect == "lists"
    assert dict(deck(text).readings) == {"headings": 2, "lists": 2}


def test_front_matter_that_is_no_mapping_is_text() -> None:
    assert asked("---\n- a list\n---\n## What is A?\nAlpha.\n## What is B?\nBeta.") == ["What is A?", "What is B?"]


def test_headings_in_html() -> None:
    assert pairs(
        "# Redis\n\n<h3>1. What is Redis?</h3>\n\nA store.\n\n<h3>2. What is TTL?</h3>\n\n- Time\n- to live\n"
    ) == [
        ("What is Redis?", "A store."),
        ("What is TTL?", "- Time\n- to live"),
    ]


def test_a_page_that_is_html_altogether() -> None:
    page = (
        '<div><h1>Top 2\n questions</h1><div class="unit"><div><h2>🔹 1. What is a type?</h2></div> <div><h3>Answer:</h3> '
        "<div><p>A <code>set</code>.</p></div></div><br></div><div><h2>🔹 2. Explain\n arrays</h2><h3>Answer:</h3><p>Rows.</p></div></div>"
    )
    assert deck(page).title == "Top 2 questions"
    assert pairs(page) == [("What is a type?", "A <code>set</code>."), ("Explain arrays", "Rows.")]


@pytest.mark.parametrize(
    ("contents", "questions", "back"),
    [
        ("Inhalt", ["Was ist ein Objekt?", "Nenne drei Muster", "Erkläre GC"], "nach oben"),
        ("目录", ["什么是闭包？", "简述事件循环", "说说原型链"], "返回顶部"),
        ("Содержание", ["Что такое JVM?", "Опишите иерархию исключений", "Для чего нужен GC"], "к оглавлению"),
        ("Índice", ["¿Qué es un closure?", "Explica el hoisting", "Cómo funciona this"], "Volver arriba"),
        ("Sommaire", ["Qu'est-ce qu'un objet ?", "Comment ça marche", "Expliquez le GC"], "Retour en haut"),
    ],
)
def test_other_languages(contents: str, questions: list[str], back: str) -> None:
    listed = "\n".join(f"- [{question}](#{number})" for number, question in enumerate(questions))
    below = "\n\n".join(f"### {question}\n\nEin Text.\n\n[{back}](#top)" for question in questions)
    assert pairs(f"# Deck\n\n## {contents}\n{listed}\n\n{below}\n") == [
        (question, "Ein Text.") for question in questions
    ]
