//! The words that demo posts and comments are made of.

/// What somebody writes about.
pub(super) struct Subject {
    pub(super) tag: &'static str,
    pub(super) other_tag: &'static str,
    pub(super) openings: [&'static str; 6],
    /// Of a picture that goes with it.
    pub(super) alt: &'static str,
}

pub(super) const SUBJECTS: [Subject; 8] = [
    Subject {
        tag: "bridges",
        other_tag: "photography",
        openings: [
            "The old chain bridge, at last, before the fog went.",
            "Counted eleven bridges on the way home.",
            "They have painted the railway bridge green.",
            "Stood under the viaduct until the train came.",
            "A footbridge that nobody seems to use.",
            "Stone, iron, concrete: three bridges in one picture.",
        ],
        alt: "Circles of light above water, as from the lamps of a bridge.",
    },
    Subject {
        tag: "bread",
        other_tag: "baking",
        openings: [
            "Rye again, seventy percent this time.",
            "The starter is alive after two weeks of neglect.",
            "Baked at four in the morning.",
            "The crust sang when it came out.",
            "Too much water, as always.",
            "Swapped a loaf for a jar of honey.",
        ],
        alt: "Round shapes side by side, like loaves on a tray.",
    },
    Subject {
        tag: "walking",
        other_tag: "outdoors",
        openings: [
            "Twenty kilometres along the canal.",
            "Took the path that is on no map.",
            "Rain until noon, and then this.",
            "Met a heron who did not move.",
            "Up the hill by the long way.",
            "Nobody out there but the wind.",
        ],
        alt: "Coloured discs in front of a wide sky.",
    },
    Subject {
        tag: "maps",
        other_tag: "history",
        openings: [
            "A town plan of 1874, folded into a cookbook.",
            "This river has moved two hundred metres since.",
            "Found our street on it, under another name.",
            "The surveyor drew a dragon where he gave up.",
            "Same scale, same sheet, a hundred years between them.",
            "Somebody has marked every well in red.",
        ],
        alt: "Overlapping fields of colour, like the lands on an old map.",
    },
    Subject {
        tag: "radio",
        other_tag: "repair",
        openings: [
            "One capacitor, and it plays again.",
            "Heard a station from Azores on a wire in the attic.",
            "The valves glow, the speaker does not care.",
            "Replaced the dial cord with dental floss.",
            "Somebody had repaired it with chewing gum.",
            "Forty years silent, five minutes of work.",
        ],
        alt: "Glowing circles, like valves in the dark.",
    },
    Subject {
        tag: "tomatoes",
        other_tag: "garden",
        openings: [
            "The first ripe one, eaten on the spot.",
            "Forty kilograms, and no end.",
            "Lost a whole row to the hail.",
            "Seeds from my grandmother, ninth year.",
            "Yellow ones this time, sweet as plums.",
            "Who wants tomatoes? Really, who?",
        ],
        alt: "Red and yellow discs, like fruit between leaves.",
    },
    Subject {
        tag: "viola",
        other_tag: "music",
        openings: [
            "Played the slow movement for nobody.",
            "New strings: bright, then brighter, then fine.",
            "Rehearsal in a kitchen with a good echo.",
            "Four of us, and no violin among them.",
            "Bar 83 is still not mine.",
            "An old bow, and everything sounds older.",
        ],
        alt: "Soft discs that come and go, like long notes.",
    },
    Subject {
        tag: "manuals",
        other_tag: "reading",
        openings: [
            "Page 212 had the answer all along.",
            "The best chapter is the list of errors.",
            "Read the manual of a machine that I do not own.",
            "Every warning in it was once somebody's Tuesday.",
            "An index that makes you want to read the rest.",
            "Somebody has answered the author in the margin.",
        ],
        alt: "Plain shapes in a row, like the figures of a manual.",
    },
];

pub(super) const CLOSINGS: [&str; 10] = [
    "More tomorrow.",
    "That was worth getting up for.",
    "I should do this more often.",
    "No complaints.",
    "Ask me again next week.",
    "Somebody had to.",
    "Better than it looks.",
    "It took all afternoon.",
    "I would do it again.",
    "You can tell it is autumn.",
];

pub(super) const COMMENTS: [&str; 16] = [
    "Lovely!",
    "Where is that?",
    "I have to try this.",
    "Every time you write this I want to go there.",
    "How long did it take?",
    "That colour!",
    "Next time tell me before, and I come along.",
    "Mine never looks like that.",
    "My grandfather did it just the same way.",
    "More of this, please.",
    "You make it sound easy.",
    "Saved for the weekend.",
    "I was there last year. It has changed.",
    "Is there a second one?",
    "Good light.",
    "This made my day.",
];
