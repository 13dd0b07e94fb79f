//! The syntax of the files of families of programs.

/// The syntax of the files of a family of programs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// The characters that start a comment.
    pub(super) comments: &'static str,
    /// Whether a comment may follow a value.
    pub(super) trailing_comments: bool,
    pub(super) quotes: &'static str,
    /// Whether a backslash escapes the next character.
    pub(super) escapes: bool,
    pub(super) joins: Joins,
    /// Whether directives end with `;`, not with the line.
    pub(super) semicolons: bool,
    pub(super) braces: bool,
    /// Whether `<Section arguments>` and `</Section>` enclose a section.
    pub(super) angles: bool,
    /// Whether a line `[section]` starts a section.
    pub(super) brackets: bool,
    /// The words that start a section if they are the first word of a line.
    pub(super) sections: &'static [&'static str],
    /// Whether a line `name:` starts a section.
    pub(super) labels: bool,
    /// The characters that may stand between a name and its value.
    pub(super) assigns: &'static str,
    pub(super) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    Nothing,
    /// A backslash at the end of a line joins the next one.
    Backslash,
    /// A line that starts with a blank continues the one before.
    Indent,
    /// A line that starts with a blank continues the one before, and the blank is dropped (LDIF).
    Folded,
}

/// The value of a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Words,
    /// The rest of the line.
    Rest,
    /// The rest of the line after a character of `assigns`. A line without such a character is not
    /// a directive.
    Assigned,
}

const PLAIN: Dialect = Dialect {
    comments: "#",
    trailing_comments: true,
    quotes: "\"'",
    escapes: false,
    joins: Joins::Nothing,
    semicolons: false,
    braces: false,
    angles: false,
    brackets: false,
    sections: &[],
    labels: false,
    assigns: "",
    value: Value::Words,
};

const DIALECTS: &[(&str, Dialect)] = &[
    (
        "nginx",
        Dialect {
            escapes: true,
            semicolons: true,
            braces: true,
            ..PLAIN
        },
    ),
    (
        "apache",
        Dialect {
            trailing_comments: false,
            joins: Joins::Backslash,
            angles: true,
            ..PLAIN
        },
    ),
    (
        "haproxy",
        Dialect {
            escapes: true,
            joins: Joins::Backslash,
            sections: &[
                "global",
                "defaults",
                "frontend",
                "backend",
                "listen",
                "peers",
                "resolvers",
                "mailers",
                "userlist",
                "cache",
                "program",
                "ring",
                "log-forward",
                "crt-store",
                "http-errors",
                "fcgi-app",
            ],
            ..PLAIN
        },
    ),
    (
        "postfix",
        Dialect {
            trailing_comments: false,
            quotes: "",
            joins: Joins::Indent,
            assigns: "=",
            value: Value::Assigned,
            ..PLAIN
        },
    ),
    (
        "master.cf",
        Dialect {
            trailing_comments: false,
            quotes: "",
            joins: Joins::Indent,
            ..PLAIN
        },
    ),
    (
        "dovecot",
        Dialect {
            braces: true,
            joins: Joins::Backslash,
            assigns: "=",
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "exim",
        Dialect {
            trailing_comments: false,
            joins: Joins::Backslash,
            sections: &["begin"],
            labels: true,
            assigns: "=",
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "assignments",
        Dialect {
            joins: Joins::Backslash,
            assigns: "=",
            value: Value::Assigned,
            ..PLAIN
        },
    ),
    (
        "postgresql",
        Dialect {
            assigns: "=",
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "ini",
        Dialect {
            comments: "#;",
            joins: Joins::Backslash,
            brackets: true,
            assigns: "=",
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "words",
        Dialect {
            joins: Joins::Backslash,
            ..PLAIN
        },
    ),
    (
        "mosquitto",
        Dialect {
            trailing_comments: false,
            quotes: "",
            sections: &["listener", "connection"],
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "slapd",
        Dialect {
            trailing_comments: false,
            joins: Joins::Indent,
            sections: &["database", "backend"],
            ..PLAIN
        },
    ),
    (
        "ldif",
        Dialect {
            trailing_comments: false,
            quotes: "",
            joins: Joins::Folded,
            sections: &["dn"],
            assigns: ":",
            value: Value::Assigned,
            ..PLAIN
        },
    ),
    (
        "unbound",
        Dialect {
            labels: true,
            assigns: ":",
            value: Value::Rest,
            ..PLAIN
        },
    ),
    (
        "caddy",
        Dialect {
            quotes: "\"`",
            escapes: true,
            braces: true,
            ..PLAIN
        },
    ),
];

/// The dialect of this name.
pub(super) fn named(name: &str) -> Option<&'static Dialect> {
    let mut all = DIALECTS.iter();
    all.find(|(known, _)| *known == name)
        .map(|(_, dialect)| dialect)
}
