//! Hostile files give an error or a port, never a panic.

use std::fmt::Write;

use pyssl_port::{Port, PortError};

/// Reads a program on a thread with the stack of a test.
fn read(python: impl Into<Vec<u8>>) -> Result<Port, PortError> {
    Port::with_skeleton(&python.into())
}

#[test]
fn bytes_that_are_not_python_are_refused() {
    let error = read(&b"import ssl\nx = '\xff'\n"[..]).unwrap_err();
    assert_eq!(error.to_string(), "line 2 is not UTF-8");
    assert_eq!(
        read("import ssl\0\n").unwrap_err().to_string(),
        "line 1 has a NUL byte"
    );
    // The limits apply to files without TLS too.
    assert!(read(&b"x = '\xff'\n"[..]).is_err());
}

#[test]
fn programs_that_are_too_large_are_refused() {
    let text = format!("import ssl\nx = [{}]\n", "1, ".repeat(4 << 20));
    assert!(matches!(read(text), Err(PortError::TooLarge { .. })));
}

#[test]
fn programs_with_deep_nesting_are_refused() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("f(", ")"),
        ("not ", ""),
        ("-", ""),
        ("lambda: ", ""),
    ] {
        let text = format!(
            "import ssl\nx = {}ssl.CERT_NONE{}\n",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        assert!(
            matches!(read(text), Err(PortError::TooDeep { .. })),
            "{open}"
        );
    }
    let mut blocks = String::from("import ssl\n");
    for level in 0..10_000 {
        writeln!(blocks, "{}if x:", " ".repeat(level % 1000)).unwrap();
    }
    // An error of the file or a port: the parser may give up on the indentation.
    let blocks = read(blocks);
    assert!(
        !matches!(blocks, Err(PortError::Fault { .. })),
        "{blocks:?}"
    );
    let attributes = format!("import ssl\nssl{}\n", ".x".repeat(10_000));
    assert!(matches!(read(attributes), Err(PortError::TooDeep { .. })));
    let sum = format!("import ssl\nx = {}ssl.CERT_NONE\n", "1 + ".repeat(10_000));
    assert!(matches!(read(sum), Err(PortError::TooDeep { .. })));
}

#[test]
fn programs_with_unusual_spacing_and_syntax_errors_are_read() {
    for python in [
        "",
        "\u{feff}import ssl\n",
        "import ssl\n\t\tx = 1\n \ty = ssl.CERT_NONE\n",
        "import ssl\r\nx = ssl.CERT_NONE\r\n",
        "import ssl\nssl.\n",
        "import ssl\nssl.wrap_socket(",
        "import ssl\nx = f'{ssl.CERT_NONE!r:>{w}}'\n",
        "import ssl\nclass ssl(ssl.SSLContext): ssl: ssl = ssl\n",
        "import ssl\ndef f(*, a=ssl.CERT_NONE, **ssl): return ssl.x\n",
        "from ssl import *\nx = CERT_NONE\n",
        "import ssl\nx: 'ssl.SSLContext' = \"\\u12\"\n",
        "import ssl\n\u{3b1} = ssl.create_default_context()\n\u{3b1}.set_ciphers('\u{202e}')\n",
        "import ssl\nwith ssl.create_default_context() as a, ssl.MemoryBIO() as (b, c): pass\n",
        "import ssl\nexcept ssl.SSLError:\n",
        "import ssl\nclass A(B): pass\nclass B(A): pass\nA().x.y(ssl.CERT_NONE)\n",
    ] {
        read(python).unwrap();
    }
}

#[test]
fn every_prefix_of_a_program_is_read() {
    let program = "import ssl\nwith socket.create_connection((h, 443)) as s:\n    try:\n        c = ssl.create_default_context(cafile=f'{x}')\n        c.options |= ssl.OP_NO_TICKET\n    except (ssl.SSLError, OSError) as e:\n        print(e.reason)\n";
    for end in 0..program.len() {
        read(&program[..end]).unwrap();
    }
}

#[test]
fn long_chains_of_blocks_are_read() {
    let mut python = String::from("import ssl\nif x: pass\n");
    for number in 0..1_000 {
        python += &format!("elif ssl.HAS_SNI: n{number} = ssl.SSLContext()\n");
    }
    for number in 0..1_000 {
        python += &format!("try: m{number} = ssl.SSLContext()\nexcept ssl.SSLError: raise\n");
    }
    for _ in 0..1_000 {
        python += "if ssl.HAS_SNI:\n    c = ssl.SSLContext()\nelse:\n    c = ssl.SSLContext()\n";
    }
    let skeleton = read(python).unwrap().skeleton;
    assert!(skeleton.matches("SslContext::new").count() == 4_000);
}

/// The processor time of this process and its threads in clock ticks: `utime` and `stime` of
/// proc_pid_stat(5). `None` on systems other than Linux.
fn ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

/// Compares the costs of a program and of one that is four times as large. The ratio is 4 if the
/// cost grows with the size, and 16 if it grows with the square of the size. The limit lies between
/// them.
fn compare_costs(name: &str, program: impl Fn(usize) -> String) {
    let cost = |size| {
        let text = format!("import ssl\n{}\n", program(size));
        let before = ticks();
        read(text).unwrap();
        Some(ticks()? - before?)
    };
    if let (Some(small), Some(large)) = (cost(1), cost(4)) {
        assert!(large <= small * 9 + 20, "{name}: {small}, {large} ticks");
    }
}

/// A separate process reads the programs, so that no other test adds to its processor time. Other
/// processes do not add to this time either.
#[test]
fn the_cost_of_a_file_grows_with_its_size() {
    let test = std::env::current_exe().unwrap();
    let output = std::process::Command::new(test)
        .args(["--exact", "hostile::costs", "--ignored"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[test]
#[ignore = "the_cost_of_a_file_grows_with_its_size runs it in a process of its own"]
fn costs() {
    // The rules are read on first use, so this time is not counted.
    read("import ssl\nssl.SSLContext()\n").unwrap();
    for line in [
        "p = ssl.PROTOCOL_TLS\n",
        "p = ssl.PROTOCOL_TLS\nc = ssl.SSLContext(p)\nc.verify_mode = ssl.CERT_NONE\n",
        "c = ssl.SSLContext(p)\nc.verify_mode = p\nc.set_ciphers(p + p)\n",
        "try:\n  c = ssl.SSLContext(p)\nexcept (OSError, p): p = 1\n",
    ] {
        compare_costs(line, |size| line.repeat(size * (1 << 18) / line.len()));
    }
    // The columns of uses and the search for unknown arguments must not take quadratic time.
    compare_costs("uses in a line", |size| {
        let text = "\u{e4}".repeat(size << 19);
        format!(
            "x = '{text}', {}",
            "ssl.PROTOCOL_TLS, ".repeat(size * 5_000)
        )
    });
    compare_costs("arguments", |size| {
        let arguments = (0..size * 50_000).map(|number| format!("a{number}=1, "));
        format!("ssl.SSLContext({})", arguments.collect::<String>())
    });
}

#[test]
fn the_columns_of_a_long_line_are_counted_in_characters() {
    let text = "\u{e4}".repeat(1 << 16);
    let line = format!("x = '{text}', {}", "ssl.PROTOCOL_TLS, ".repeat(1_000));
    let port = read(format!("import ssl\n{line}\n")).unwrap();
    let uses = port.entries.iter().flat_map(|entry| &entry.uses);
    let column = line[..line.rfind("PROTOCOL_TLS").unwrap()].chars().count() + 1;
    assert_eq!(
        uses.last().map(|last| (last.line, last.column)),
        Some((2, column))
    );
}

/// Words in a random order, by the linear congruence of Knuth's MMIX. A failure prints the seed.
#[test]
fn words_of_python_in_any_order_are_no_fault() {
    const WORDS: [&str; 64] = [
        "ssl",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "=",
        "\n",
        "\n    ",
        "\n        ",
        " ",
        " ",
        "import ssl\n",
        "from ssl import ",
        " as ",
        "def f",
        "class C",
        "if ",
        "else",
        "elif ",
        "try:",
        "except ",
        "finally:",
        "with ",
        "return ",
        "await ",
        "async ",
        "lambda ",
        "for x in ",
        "while ",
        "match x:\n",
        "case ",
        "SSLContext",
        "create_default_context",
        "CERT_NONE",
        "wrap_socket",
        "verify_mode",
        "requests.get",
        "self",
        "x",
        "'",
        "\"",
        "'''",
        "f'",
        "b'",
        "\\",
        "\\N{",
        "\\x",
        "*",
        "**",
        "@",
        "->",
        ":=",
        "|=",
        "0x",
        "1.",
        "\u{e4}",
        "\t",
        "\r",
        "#",
    ];
    for seed in 0..500_u64 {
        let mut state = seed;
        let mut text = String::from("import ssl\n");
        for _ in 0..60 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text += WORDS[usize::try_from(state >> 58).unwrap()];
        }
        if let Err(error @ PortError::Fault { .. }) = read(text.as_str()) {
            panic!("seed {seed}: {error}: {text:?}");
        }
    }
}
