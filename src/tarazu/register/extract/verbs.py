"""Russian verbs by their form: the perfective future that a party's promise stands in ("допустит", «вернут»).

A prefix with an ending of the second conjugation or of a stem that only perfectives have; imperfectives of motion and
carrying, which share the endings, are left out. No dictionary: a few forms are taken for what they are not.
"""

from __future__ import annotations

import re
from functools import lru_cache

_FORM = re.compile(
    r"(?:по|с|вы|за|от|ото|при|про|до|из|об|обо|у|раз|рас|пере|под|подо|на|воз|вос|в|о)[а-я]{2,}"
    r"(?:[бвджзлмнпрстфцчшщ](?:ит|ят|ат)|оит|оят|нет|нут|дет|дут|жет|жут|шет|шут|берет|берут|дадут|даст|шлет|шлют)$"
)
_NOT = re.compile(
    r"(?:смотрит|смотрят|получит|получат|составит|составят|зависит|покажет|покажут|позволит|позволят|прибудет|прибудут|"
    r"посетит|посетят|вылетит|вылетят|прилетит|прилетят|ступит|ступят|кажется|увидит|знает|станет|станут|пройдет|пройдут|"
    r"приедет|приедут|произойдет|вырастет|вырастут|останет|заявит|заявят|сообщит|сообщат|ходит|ходят|водит|водят|возит|возят|носит|носят|висит|висят|лежит|лежат|стоит|стоят|говорит|говорят|значит|ездит|"
    r"летит|нужд|видит|видят|может|могут|будет|будут|держит|держат|лагает|ведет|ведут|идет|идут|растет|растут|"
    r"пишет|пишут|служит|служат|зует|зуют|руют|рует|ждет|ждут|хочет|поэтом|ситет|комитет|бюджет|отчет|расчет|"
    r"кредит|аудит|дефицит|визит|транзит|депозит|лимит|результат|формат|аппарат|салат|мандат|откат|адресат|"
    r"сертификат|комбинат|выход|уран|брат|солдат|захват|возврат|разврат|обхват|стат|нитрат|сульфат|фосфат)$"
)


_PLAIN = frozenset(  # verbs without a prefix that look as if they had one
    ["строит", "строят", "ставит", "ставят", "спешит", "спешат", "выглядит", "выглядят", "светит", "скользит"]
)


@lru_cache(maxsize=20_000)
def perfective(word: str) -> bool:
    """Whether a folded word has the form of a perfective verb in the future, third person."""
    return len(word) > 5 and word not in _PLAIN and bool(_FORM.match(word)) and not _NOT.search(word)
