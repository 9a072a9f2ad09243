"""What the callers say: two sets with no sentence in common, `dev` to tune on, `test` to report.

A `|` is where a speaker halts in the middle of a sentence; it is spoken as a comma.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bid:
    """Words that take the floor from a speaking agent; its kind is stop, ask or correct."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A fact, what is said about it later: some words on the way there, the wrong ones, and on."""

    fact: str
    way: str
    wrong: str
    on: str


@dataclass(frozen=True, slots=True)
class Sentences:
    """One set. Circles are sentences to be said again and again, rambles are said in a row."""

    halting: tuple[str, ...]
    turns: tuple[str, ...]
    requests: tuple[str, ...]
    bids: tuple[Bid, ...]
    circles: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]
    ramble: tuple[str, ...]
    insisting: tuple[str, ...]
    background: tuple[str, ...]


DEV = Sentences(
    halting=(
        "I would like to go to | the station and then to the museum.",
        "Can you tell me whether | the shop on the corner is open today?",
        "My brother and I | we want to paint the kitchen this summer.",
        "Yesterday I bought a bicycle | and today the chain is broken.",
        "What I need is | a present for my mother's birthday.",
        "I was thinking about | maybe learning the guitar.",
        "Do you know if there is | a train to Oxford in the morning?",
        "We have three cats | and they all sleep on my bed.",
    ),
    turns=(
        "How long does it take to boil an egg?",
        "I am looking for a good book about the sea.",
        "What is the tallest mountain in Europe?",
        "My neighbour plays the drums at night.",
        "Can you give me an idea for a birthday cake?",
        "Where do penguins live?",
    ),
    requests=(
        "Tell me a long story about a lighthouse.",
        "Describe what happens in a bakery during one day.",
        "Explain how people built castles, in detail.",
        "Tell me everything you know about owls.",
    ),
    bids=(
        Bid("stop", "Stop, I have heard that already."),
        Bid("ask", "And how much would that cost me?"),
        Bid("correct", "No, I meant the small one."),
        Bid("ask", "Which of those is the easiest?"),
    ),
    circles=("We drove to the lake to look at a boat and then we drove back to town and",),
    contradictions=(
        Contradiction(
            "I live in Manchester with my sister.",
            "It is easy for me to come to the office, because",
            "I live in London,",
            "and the train is never late, so I am always at work before all the others,",
        ),
        Contradiction(
            "I work as a baker.",
            "I have learned a lot about people in that time, because",
            "I work as a taxi driver,",
            "and people tell you everything when they sit in the back of a car at night,",
        ),
    ),
    ramble=(
        "so the first thing was the weather, it rained all of June,",
        "and my uncle came with his caravan, the one with the green door,",
        "which reminds me of the fair that they had by the canal,",
        "there was a man who sold hats there, in every colour you can think of,",
        "and then the band played, although the drummer had hurt his wrist,",
        "and somebody's dog ran off with a whole loaf of bread,",
        "my cousin laughed so much that she had to sit down on the grass,",
        "and later on the lights went out in the whole street,",
    ),
    insisting=("Stop, let me finish.", "Wait, let me finish, please."),
    background=("And then she said that the bus was late again and nobody had told her anything.",),
)

TEST = Sentences(
    halting=(
        "I'd like to book a table for | four people on Friday evening.",
        "Could you find out if | my parcel was sent to the right address?",
        "The thing with my phone is that | it switches off when it gets cold.",
        "Last week I called the doctor | and they gave me a date in May.",
        "I want to send some flowers to | my aunt in Bristol.",
        "We moved here in | two thousand and twelve, I think.",
        "If I take the early bus | will I be there before nine?",
        "She told me that the meeting | was moved to the other building.",
        "My favourite kind of music is | something with a piano in it.",
        "I tried to open the window but | the handle came off in my hand.",
        "Can we change the colour to | something a little darker?",
        "There are two things that I wanted to ask | and the first is about the garden.",
    ),
    turns=(
        "What time does the sun set in December?",
        "I just finished painting my front door.",
        "How do bees make honey?",
        "Could you recommend a film for tonight?",
        "My daughter starts school on Monday.",
        "What is the difference between jam and jelly?",
        "I can't find my glasses anywhere.",
        "Who wrote Romeo and Juliet?",
        "Is it a good idea to drink coffee at night?",
        "We are going to the mountains next week.",
        "How far away is the moon?",
        "I would like to learn some Spanish.",
    ),
    requests=(
        "Tell me a long story about a clever fox.",
        "Please describe a day on a farm, from morning to night.",
        "Explain to me how a letter gets from one country to another.",
        "Tell me a long story about an old clock maker.",
        "What do you know about whales? Tell me all of it.",
        "Describe a walk through a big city, with all that one sees.",
        "Tell me a long story about a girl who can fly.",
        "Explain how a house is built, from the first stone to the roof.",
    ),
    bids=(
        Bid("stop", "Stop there, that's enough for now."),
        Bid("ask", "What does that have to do with my question?"),
        Bid("correct", "Actually, I was asking about something else."),
        Bid("ask", "Can you tell me how long that would take?"),
        Bid("stop", "Okay, hold on, let me say something."),
        Bid("correct", "That isn't right, it was the other way round."),
        Bid("ask", "Is there a shorter way to do it?"),
        Bid("correct", "I don't want a story, I want the facts."),
        Bid("stop", "Please wait, I need to write this down."),
        Bid("ask", "Do children like that sort of thing?"),
        Bid("correct", "Sorry, I think you misunderstood me there."),
        Bid("ask", "Where did you hear about that?"),
    ),
    circles=(
        "I called the garage to ask about the brakes and then I hung up again and",
        "we looked at the red sofa in the shop and then we looked at the blue one and",
        "my boss gave me the list of the customers and I put the list on my desk and",
    ),
    contradictions=(
        Contradiction(
            "I live in Leeds, near the big park.",
            "What I like about my flat is the view from the kitchen, because",
            "I live in Brighton,",
            "and in the morning you can see the boats far out on the water from there,",
        ),
        Contradiction(
            "I work as a nurse in a hospital.",
            "The early hours are not a problem for me at all, because",
            "I work as a postman,",
            "and I have been up at four in the morning for nearly all of my life,",
        ),
        Contradiction(
            "I have two children, a boy and a girl.",
            "I could start at any time of the day, since",
            "I have no children,",
            "and nobody waits for me at home, so the evenings are just as good for me,",
        ),
        Contradiction(
            "I am a vegetarian.",
            "For the dinner with the team I would choose the grill, because",
            "I eat a lot of meat,",
            "and the place by the river has the best steak in the whole of the town,",
        ),
    ),
    ramble=(
        "well, it began with the neighbour's fence, which is really quite an old fence,",
        "and the post at the corner leans over to the side where the apple tree is,",
        "that tree, by the way, was a wedding present from a colleague of my father,",
        "he used to repair radios, and he had a cellar full of tiny screws,",
        "one day the cellar was flooded because a pipe had burst next door,",
        "so they carried everything up to the street and put it in the sun,",
        "a woman with a pram stopped and asked whether it was for sale,",
        "and of course she had known my grandmother, as everyone did in those days,",
        "because my grandmother kept the sweet shop opposite the old cinema,",
        "which is a car park now, and not even a cheap one,",
    ),
    insisting=(
        "Stop, let me finish.",
        "Let me finish what I was saying.",
        "Wait, let me finish first.",
    ),
    background=(
        "So the man at the counter said they only had the large ones left, and I told him no.",
        "And on Thursday we all go to the swimming pool, if the car is back from the garage.",
    ),
)

SETS = {"dev": DEV, "test": TEST}
BACKCHANNELS = ("Yeah.", "Right.", "Uh-huh.", "Okay.")  # beside a hummed "mhm"
