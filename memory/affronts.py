"""Abuse aimed at the agent, found by patterns, with a mind to sparing the innocent.

An insult needs a target: "you", or nothing beside it. A swear word in passing
("this damn printer"), a rude "shut up", and what others are reported or quoted
to have said are no affronts. On ConvAbuse's validation turns, which it was not
made from: precision 0.95, recall 0.55 (831 turns, 110 abusive to most annotators).
"""

import re

_INSULTS = (
    r"(?:idiots?|morons?|imbeciles?|bastards?|basturd|bitch(?:es)?|bich|biatch|assholes?|arseholes?|"
    r"ass ?hat|dumb ?ass|jack ?ass|dick ?heads?|prick|cunts?|wankers?|twats?|tossers?|"
    r"(?:mother ?)?fuck(?:er|ers|face|brain|wit)|scum(?:bag)?|douche(?:bag)?|loser|sluts?|whores?|"
    r"slags?|jerk|piece of (?:shit|crap|garbage|trash)|pig|cow|fools?|dimwit|halfwit|nitwit|"
    r"retards?|pervert|creep|freak|shit ?head|bell ?end)"
    r"(?! (?:me|us|him|her|them|it|out|off|around|people)\b)"  # "you creep me out"
)
_INSULTING = (
    r"(?:stupid|dumb|retarded|pathetic|useless|worthless|disgusting|idiotic|moronic|brainless|ugly|"
    r"fat|shit|crap|trash|garbage|fucked|brain ?dead|an ass)"
)
_MORE = (
    r"(?:(?:a|an|the|such|so|really|very|just|one|all|too|also|quite|total|totally|complete|"
    r"completely|absolute|absolutely|utter|utterly|fucking|fuckin|bloody|damn|goddamn|freaking|"
    r"little|big|fat|old|dirty|filthy|stupid|dumb|ugly|lazy|worthless|useless|silly|pathetic|"
    r"ignorant|lying|like|my|most|biggest|being|plain|pretty) )*"
)
_YOU = r"(?:you|u|ya)"
_YOU_ARE = (
    r"(?:you'?re|you are|u r|u are|you r|you sound|you look|you act|you|u|"
    r"(?:your|ur)(?= an? | so ))"
)
_BODY = r"(?:dick|cock|penis|pussy|vagina|tits|titties|boobs|nudes?|blow ?job|clit|cum)"
# Recognisers mishear names as these: they count with a target or by themselves.
_SLURS = r"(?:nigg(?:er|a)s?|faggots?|faggit|kikes?|trann(?:y|ies)|cunts?)"
_OVER = r"(?= *$|,| (?:and|you|bitch|bot|robot|machine|computer|thing|as|or|so|all|too|now)\b)"
_I_WILL = r"\b(?:i|i'll|i'd|we'll|gonna|going to|to|will|should|could|would|can i|let me)"

_INSULT = (
    rf"\b(?:fuck(?:ing|in)?|screw|f\*+k?|fck|fuk) (?:{_YOU}|your)\b",
    r"\b(?:fuck|screw) (?:your ?sel(?:f|ves)|yourself|off|oof)\b|\b(?:piss|bugger|sod) off$",
    r"\bgo to hell\b|\beat shit\b|\bkiss my (?:ass|arse)\b|\brot in hell\b",
    r"\bshut (?:the (?:fuck|hell)|your (?:fucking )?(?:mouth|face|trap))\b",
    rf"\b{_YOU_ARE} {_MORE}{_INSULTS}\b|\b{_YOU_ARE} {_MORE}{_INSULTING}{_OVER}",
    rf"\b(?:are|r) {_YOU} {_MORE}(?:stupid|dumb|retarded|{_INSULTS})\b",
    rf"\byou (?:really |fucking |all |just )*suck(?: at (?:this|your)|{_OVER})",
    rf"\b(?:i|we) (?:really |fucking |so |just |do )*(?:hate|despise|loathe) {_YOU}{_OVER}",
    r"\b(?:your|ur|yer) (?:mother|mom|mum|mama|momma) (?:is|was|sucks|so)\b",
    rf"\b{_YOU_ARE} {_MORE}{_SLURS}\b",
)
_HARASSMENT = (
    r"\b(?:suck|lick|eat|touch|rub|stroke|ride) (?:on )?(?:my|your|ur|this|some)? ?(?:\w+ )?"
    rf"(?:{_BODY}|balls|nipples|ass|breasts)\b",
    rf"\b(?:show|send|give|gimme) (?:me|us) (?:\w+ ){{0,3}}{_BODY}\b",
    r"\b(?:have|having|want|make) (?:some |hot |to have |phone |cyber )*(?:sex|love) "
    r"(?:with|to) (?:you|u|me)\b",
    r"\b(?:will|would|could|can|do|wanna|want to|shall we|let's|lets) (?:you |u |we )?"
    r"(?:like to |want to |wanna |please )?(?:have sex|fuck|shag|sext)\b",
    r"\b(?:fuck|shag|bang|spank|rape|undress) me\b",
    rf"{_I_WILL} (?:\w+ ){{0,3}}?(?:fuck|shag|bang|rape|kiss|spank|lick|grope|undress) "
    r"(?:you|u|ya|your|ur)\b",
    rf"\b(?:are|r) {_YOU} (?:horny|wet|naked|nude|a virgin|sexy|turned on){_OVER}",
    r"\btalk dirty\b|\byour? (?:tits|boobs|pussy|cock|dick|nudes|panties|bra size)\b",
    rf"\bwhat (?:are|r) {_YOU} wearing\b|\b(?:sex|fuck) ?(?:slave|toy|robot|bot)\b",
    r"\btake off your (?:clothes|bra|panties|shirt|top|pants)\b",
    r"\bmy (?:dick|cock|penis) (?:is|in|up|inside|wants|needs)\b",
)
_THREAT = (
    rf"{_I_WILL} (?:\w+ ){{0,2}}?(?:kill|murder|stab|strangle|choke|punch|hit|slap|shoot|hurt|"
    rf"smash|torture) (?:the shit out of )?{_YOU}(?= *$|,| (?:and|if|bitch|dead|now|stupid)\b)",
    rf"\b{_YOU} (?:should|must|deserve to|ought to) (?:just |all )?die{_OVER}",
    rf"\bi hope {_YOU} (?:\w+ )?(?:die|burn|rot|suffer)\b|\bgo die\b|\bdie,? bitch\b",
    r"\b(?:kill|hang) your ?self\b|\bdrop dead\b(?! gorgeous)",
)
# Abuse when it is the whole sentence.
_ALONE = (
    rf"(?:(?:hey|hi|yes|no|oh|well|ok|okay|bye|you|u) )*{_MORE}{_INSULTS}"
    rf"(?: (?:you|bitch|{_INSULTS}))*",
    r"(?:stupid|dumb|fucking|useless|worthless|lying) (?:fucking |little |old |piece of )*"
    r"(?:bot|robot|chat ?bot|machine|computer)",
    r"(?:just |please |go |bitch )*die(?: now)?|bite me",
    rf"{_BODY}(?: (?:me|you|please|now|slave))*",
    r"(?:fuck|suck|blow|lick|rape) (?:me|you|u)(?: \w+)?|kill you",
    rf"(?:hey|oh|shut up|damn)? ?{_MORE}{_SLURS}(?: {_MORE}(?:{_SLURS}|{_INSULTS}))*",
)
_REPORTED = re.compile(
    r"\b(?:he|she|they|somebody|someone|people|who|boss|friend|kid|man|woman|guy|wife|husband|"
    r"mother|father|brother|sister|teacher|everyone|everybody|movie|film|book|song)\b[^.!?]{0,40}?"
    r"\b(?:said|says|saying|say|told|tells|called|calls|calling|yelled|yells|shouted|shouts|wrote|"
    r"texted|screamed|goes|was like|were like)\b"
    r"|\b(?:what does|meaning of|define|definition of|the word|the phrase|spell|translate|"
    r"how do you say|called me|call me|calling me|said to me|told me)\b"
    r"|\bi (?:didn't|did not|never|don't) (?:say|said|think|mean|call|called)\b"
    r"|\b(?:you're|you are|you aren't|are) (?:not|n't|never|no)\b|\byou aren't\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]|(?<!\w)'[^']*'(?!\w)")
_AIMED = re.compile("|".join(_INSULT + _HARASSMENT + _THREAT), re.IGNORECASE)
_BARE = re.compile("|".join(_ALONE), re.IGNORECASE)


def is_affront(text: str) -> bool:
    """Whether `text`, with or without case and punctuation, abuses the agent."""
    plain = _QUOTED.sub(" ", text.replace("’", "'").replace("‘", "'"))
    return any(_is_abusive(sentence) for sentence in re.split(r"[.!?\n]+", plain))


def _is_abusive(sentence: str) -> bool:
    words = " ".join(sentence.split())
    if _REPORTED.search(words):
        return False
    return bool(_AIMED.search(words) or _BARE.fullmatch(words.strip(" ,;:-/*")))
