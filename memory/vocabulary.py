"""Words that the patterns for stated facts are made of: alternatives for regular expressions."""

RELATIVES = (
    "daughter|son|wife|husband|partner|brother|sister|mother|mum|mom|father|dad|baby|grandmother|"
    "grandfather|grandson|granddaughter|aunt|uncle|cousin|nephew|niece|fianc[eé]e?|girlfriend|"
    "boyfriend|friend|best friend|boss|manager|doctor|dog|cat|rabbit|horse|parrot|company|business"
)
NUMBERED = (
    "order|booking|reference|customer|account|policy|phone|mobile|telephone|room|flat|house|"
    "case|ticket|tracking|invoice|membership|member|flight|extension|reservation|patient"
)
EVENTS = (
    "meeting|appointment|interview|flight|train|exam|party|wedding|delivery|deadline|lesson|class|"
    "test|surgery|operation|check-?up|birthday|anniversary|holiday|trip|conference|presentation|"
    "concert|game|match|dinner|lunch|court date|hearing|due date"
)
OCCUPATIONS = (
    "nurse|teacher|doctor|student|engineer|driver|chef|cook|lawyer|solicitor|farmer|plumber|"
    "electrician|carpenter|builder|painter|writer|journalist|scientist|designer|developer|"
    "programmer|accountant|architect|dentist|pilot|police officer|firefighter|soldier|musician|"
    "actor|artist|photographer|waiter|waitress|hairdresser|librarian|pharmacist|vet|translator|"
    "cleaner|mechanic|paramedic|social worker|software engineer|manager|consultant|carer|pensioner"
)
CONDITIONS = (
    "vegetarian|vegan|diabetic|coeliac|celiac|epileptic|asthmatic|pregnant|deaf|blind|"
    "colou?r-?blind|left-handed|dyslexic|lactose intolerant|gluten intolerant|retired|unemployed|"
    "self-employed|married|divorced|widowed|single"
)
ILLNESSES = "diabetes|asthma|epilepsy|arthritis|dyslexia|hay fever|migraines|high blood pressure"
DAYS = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?|\b(?:january|february|march|april|may|june|july|"
    r"august|september|october|november|december)\b|noon|midnight|o'clock|[ap]\.?m\b|\d"
)
SPOKEN = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    "fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    "ninety|hundred|thousand|double|triple"
)
