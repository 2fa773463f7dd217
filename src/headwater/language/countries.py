"""Names of countries as people say them, to tell them from cities (ISO 3166, in English)."""

from __future__ import annotations

from functools import cache

_NAMES = """
afghanistan,albania,algeria,andorra,angola,argentina,armenia,australia,austria,azerbaijan,bahamas,
bahrain,bangladesh,barbados,belarus,belgium,belize,benin,bhutan,bolivia,bosnia,botswana,brazil,
brunei,bulgaria,burkina faso,burundi,cambodia,cameroon,canada,cape verde,chad,chile,china,colombia,
comoros,congo,costa rica,croatia,cuba,cyprus,czechia,czech republic,denmark,djibouti,dominica,
dominican republic,ecuador,egypt,el salvador,england,eritrea,estonia,eswatini,ethiopia,fiji,finland,
france,gabon,gambia,georgia,germany,ghana,greece,grenada,guatemala,guinea,guyana,haiti,honduras,
hong kong,hungary,iceland,india,indonesia,iran,iraq,ireland,israel,italy,ivory coast,jamaica,japan,
jordan,kazakhstan,kenya,kiribati,korea,kosovo,kuwait,kyrgyzstan,laos,latvia,lebanon,lesotho,liberia,
libya,liechtenstein,lithuania,luxembourg,madagascar,malawi,malaysia,maldives,mali,malta,mauritania,
mauritius,mexico,micronesia,moldova,monaco,mongolia,montenegro,morocco,mozambique,myanmar,namibia,
nauru,nepal,netherlands,the netherlands,new zealand,nicaragua,niger,nigeria,north macedonia,norway,
oman,pakistan,palau,palestine,panama,papua new guinea,paraguay,peru,philippines,poland,portugal,
qatar,romania,russia,rwanda,samoa,san marino,saudi arabia,scotland,senegal,serbia,seychelles,
sierra leone,singapore,slovakia,slovenia,somalia,south africa,south korea,south sudan,spain,
sri lanka,sudan,suriname,sweden,switzerland,syria,taiwan,tajikistan,tanzania,thailand,togo,tonga,
trinidad and tobago,tunisia,turkey,turkmenistan,tuvalu,uganda,ukraine,united arab emirates,
united kingdom,united states,united states of america,uruguay,uzbekistan,vanuatu,vatican,venezuela,
vietnam,wales,yemen,zambia,zimbabwe,usa,uk,us,uae,u.s.,u.k.,america,britain,great britain,holland
"""


@cache
def _countries() -> frozenset[str]:
    return frozenset(_NAMES.replace("\n", "").split(","))


def place_trait(name: str) -> str:
    """Answer which trait a place is: `country` for a country's name or code, else `city`."""
    is_code = len(name) == 2 and name.isalpha() and name.isupper()
    return "country" if is_code or name.lower() in _countries() else "city"
