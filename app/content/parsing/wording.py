"""How much a text reads like a question, and which words make it something else: contents, licence, “Answer”."""

import re

_BARE_QUESTION = re.compile(
    r"^\W*(?:Questions?|Q|Ques|Problem|Exercise|Frage|Pregunta|Pergunta|Вопрос|问题|問題)\s*[.#№-]?\s*\d*\s*[.:)]?\W*$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:and |so |then |but |also |now |in |on |for |if |when |given |suppose |consider |at |from |to |with )?(?:\w+ ){0,4}?"
    r"(?:what|why|how|when|where|which|who|whose|whom)(?:['’]?s|['’]re|['’]d)?\b|"
    r"^(?:is|are|was|were|am|do|does|did|can|could|should|shall|would|will|has|have|had|may|must|isn|aren|don|doesn|didn|won)"
    r"(?:['’]?n?t)?\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"^(?:please |briefly |try to |in your own words,? )?(?:explain|describe|define|tell|name|list|write|implement|give|compare|"
    r"contrast|differentiate|distinguish|discuss|create|design|find|show|mention|state|identify|illustrate|calculate|compute|"
    r"predict|print|build|convert|reverse|check|count|sort|determine|outline|summari[sz]e|elaborate|provide|enumerate|classify|"
    r"difference|differences|talk about|walk (?:me|us) through|demonstrate|derive|prove|solve|choose|select|fill in|say|"
    r"draw|suppose|consider|imagine|assume|generate|produce|flatten|rotate|swap|rewrite|refactor|estimate|evaluate|simulate|analy[sz]e|"
    r"justify|sketch|guess|recall|translate|you(?:['’]re| are| have| need| want)|let['’]s (?:say|suppose|discuss|have|talk)|make|"
    r"use cases?|advantages?|disadvantages?|pros and cons|types? of|"
    r"benefits? of|purpose of)\b",
    re.IGNORECASE,
)
_CONTRASTS = re.compile(r"\b(?:vs\.?|versus|difference)\b", re.IGNORECASE)
_ASKS_ELSEWHERE = re.compile(
    r"[?？؟]|¿|什么|如何|怎么|怎样|为什么|为何|区别|哪些|哪个|吗|多少|谈谈|说说|介绍|简述|请|是否|能否|写一个|写出|实现一|列举|描述|"
    r"解释|阐述|概述|比较|原理|なぜ|とは|どう|何|무엇|어떻게|왜|설명|차이"
)
_ORDERS_ELSEWHERE = re.compile(
    r"^(?:qué|que es|cuál|cómo|por qué|cuándo|explica|describe|qu['’]est|quel|quelle|comment|pourquoi|expliqu|was |wie |warum |"
    r"welche|wann |wo |wer |wozu |wof[üu]r |erkl[äa]r|beschreib|nenne|definier|vergleich|"
    r"o que|qual|como|por que|explique|descreva|cosa|come|perch[eé]|quale|spiega|"
    r"что|как|почему|зачем|каки[ехм]|каков\w*|какой|какая|каким|чем|когда|где|кто|для чего|в ч[её]м|можно ли|объясни|"
    r"расскажи|опиши|дайте|перечисли|назови|напиши|реализуй|сравни|czym|co to|jak|dlaczego|nedir)",
    re.IGNORECASE,
)


_ABOUT_PAGE = re.compile(
    r"^\W*(?:(?:how to|why) (?:use|read|navigate|contribute to) (?:this|the) \w+|how to contribute|"
    r"(?:what|who|why)(?: is|['’]s)? this (?:guide|repo|repository|list|document|book|handbook|page|course|project)(?: for| about)?)\W*$",
    re.IGNORECASE,
)


def likeness(text: str) -> float:
    """How much a plain title reads like a question or a task, from 0 to 1."""
    if not text:
        return 0.0
    if _ABOUT_PAGE.match(text):
        return 0.1
    if _ASKS_ELSEWHERE.search(text):
        return 1.0
    if _ORDERS.match(text):
        return 0.9
    if _ASKS.match(text):
        return 0.9
    if _CONTRASTS.search(text) or _ORDERS_ELSEWHERE.match(text):
        return 0.8
    return 0.2


_BOILERPLATE = re.compile(
    r"^\W*(?:table of contents?|contents?|toc|index|content list|summary of contents|目录|содержание|índice|sommaire|inhalt\w*|"
    r"licen[sc]e|contribut\w+.*|how to contribute|acknowledg\w+|credits?|authors?|about(?: me| us| the authors?| this \w+)?|"
    r"sponsors?.*|support(?: (?:me|us|the project))?|donat\w+|references?|resources|useful (?:links|resources)|links|"
    r"further reading|related (?:projects|links|repos\w*)|foreword|preface|prerequisites|getting started|installation|usage|"
    r"changelog|disclaimer|feedback|contacts?|star(?:gazers| history)?|community|maintainers?|thanks|thank you|"
    r"view online|show your support|connect with me|follow me.*|stay (?:tuned|connected).*|faq|note|notes|translations?|languages?|"
    r"code of conduct|read ?me|introduction|conclusion|see also|back to top|overview|features|roadmap|donations?)\W*$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"^\W*(?:table of (?:contents?|questions)\b.*|contents?(?: - .*)?|оглавление|содержание|toc|index|"
    r"list of questions|questions? (?:list|index)|目录|目次|목차|"
    r"índice|sommaire|inhalt\w*)\W*$",
    re.IGNORECASE,
)
_ANSWER_WORD = (
    r"answers?|ans|solutions?|explanations?|explication|respuestas?|resposta|réponses?|antwort|lösung|ответы?|решение|"
    r"答案|解答|解析|参考答案|答|回答|정답|답변|cevap|odpowiedź|risposta"
)
_ANSWER_TITLE = re.compile(
    rf"^\W*(?:(?:click|tap|press)\b.*|(?:show|view|see|reveal|toggle|open|expand|read|check|get|display|hide)?\s*(?:/\s*hide\s*)?"
    rf"(?:the |me |my |full |sample |possible |suggested |correct |right |model |detailed |short |example )*(?:{_ANSWER_WORD})"
    rf"(?:\s+\d+)?(?:\s*[:：].*)?|查看答案.*|(?:show|view|see|reveal|expand)(?: more| details| me)?|details|hints?|spoilers?)\W*$",
    re.IGNORECASE,
)


_ANSWER_LABEL = re.compile(
    rf"^\W*(?:(?:click|tap|press)\b.*|(?:(?:show|view|see|reveal|toggle|open|expand|check|get|display|hide)\s*(?:/\s*hide\s*)?)?"
    rf"(?:the |me |my |full |sample |possible |suggested |correct |right |model |short |example )*(?:{_ANSWER_WORD})"
    rf"(?:\s+\d+)?(?:\s*[:：].*)?|查看答案.*)\W*$",
    re.IGNORECASE,
)


def is_answer_label(text: str) -> bool:
    """Whether a plain heading, line or summary says that what stands above asks, and what follows answers it."""
    return bool(_ANSWER_LABEL.match(text))


def is_boilerplate(text: str) -> bool:
    """Whether a plain heading belongs to the page, not to its subject: licence, contents, contributing …"""
    return bool(_BOILERPLATE.match(text) or _ABOUT_PAGE.match(text))


def is_contents(text: str) -> bool:
    """Whether a plain heading announces a table of contents."""
    return bool(_CONTENTS.match(text))


def is_answer_title(text: str) -> bool:
    """Whether a plain heading or summary only says that the answer follows."""
    return bool(_ANSWER_TITLE.match(text))


def is_bare_question(text: str) -> bool:
    """Whether a plain heading is just "Question" or "Question 7", so that the question itself follows."""
    return bool(_BARE_QUESTION.match(text))
