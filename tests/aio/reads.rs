//! Reads up to a separator or a number of bytes, beside CPython's.

use pyssl::aio::asyncio::{self, StreamReader, StreamWriter};
use pyssl_testing::skip_without_python;

use super::asyncio::{LOCAL, address, tls};
use super::support::contexts;

#[tokio::test]
async fn readline_readuntil_and_readexactly_match_python() {
    let handle = |_, mut writer: StreamWriter| async move {
        writer.write(b"line\nto the |separator|exactly and the rest");
    };
    let server = asyncio::start_server(handle, LOCAL, ())
        .await
        .expect("a server");
    let streams = asyncio::open_connection(address(&server), ()).await;
    let (mut reader, _writer) = streams.expect("connected");
    assert_eq!(reader.readline().await.expect("a line"), b"line\n");
    assert_eq!(reader.readuntil(b"|").await.expect("found"), b"to the |");
    assert_eq!(
        reader.readuntil(b"or|").await.expect("found"),
        b"separator|"
    );
    assert_eq!(reader.readexactly(7).await.expect("there"), b"exactly");
    assert!(reader.readuntil(b"").await.is_err());
    assert_eq!(reader.read(9).await.expect("there"), b" and the ");
    assert_eq!(reader.readline().await.expect("the rest"), b"rest");
    assert_eq!(reader.readline().await.expect("the end"), b"");
}

/// Calls the methods of CPython's `StreamReader`. Its buffer has all data and the end.
const READS: &str = r#"
import asyncio, sys
async def main():
    reader = asyncio.StreamReader()
    reader.feed_data(sys.stdin.buffer.read())
    reader.feed_eof()
    for step in sys.argv[1].split():
        name, _, argument = step.partition("=")
        argument = int(argument) if argument.isdigit() else argument.encode()
        try:
            data = await getattr(reader, name)(*[argument] if argument else [])
        except asyncio.IncompleteReadError as e:
            print(step, "incomplete", len(e.partial), e.expected, e)
        except asyncio.LimitOverrunError as e:
            print(step, "overrun", e)
        except ValueError as e:
            print(step, "ValueError", e)
        else:
            print(step, len(data), reader.at_eof())
asyncio.run(main())
"#;

/// Does the steps of `READS`.
async fn reads(reader: &mut StreamReader, steps: &str) -> String {
    let mut lines = String::new();
    for step in steps.split_whitespace() {
        let (name, argument) = step.split_once('=').unwrap_or((step, ""));
        let number = argument.parse().ok();
        let outcome = match name {
            "readline" => reader.readline().await,
            "readuntil" => reader.readuntil(argument.as_bytes()).await,
            "readexactly" => reader.readexactly(number.expect("a number")).await,
            _ => reader.read(number).await,
        };
        let line = match outcome {
            Ok(data) => {
                let end = if reader.at_eof() { "True" } else { "False" };
                format!("{} {end}", data.len())
            }
            Err(error) => match asyncio::IncompleteReadError::of(&error) {
                Some(incomplete) => {
                    let expected = incomplete.expected().map(|n| n.to_string());
                    let expected = expected.unwrap_or_else(|| "None".to_owned());
                    let partial = incomplete.partial().len();
                    format!("incomplete {partial} {expected} {error}")
                }
                // Python's `LimitOverrunError` is a `ValueError` here.
                None if name == "readuntil" => format!("overrun {error}"),
                None => format!("{} {error}", error.python_class()),
            },
        };
        lines.push_str(&format!("{step} {line}\n"));
    }
    lines
}

#[tokio::test]
async fn failed_reads_leave_the_same_data_to_the_next_read_as_in_python() {
    let python = skip_without_python!();
    let long = vec![b'x'; 100_000];
    let steps = "readline readline readline read";
    for (data, steps) in [
        // A line beyond the limit is removed, if its end was received.
        ([&long[..], b"\nnext\nlast"].concat(), steps),
        // Otherwise all data is removed.
        (long.clone(), steps),
        ([&long[..65_536], b"\nnext\n"].concat(), steps),
        ([&long[..65_537], b"\nnext\n"].concat(), steps),
        ([&long[..65_537], b"\n\n"].concat(), steps),
        // `readuntil` leaves the data.
        (
            [&long[..], b"||next"].concat(),
            "readuntil=|| readuntil=|| readuntil=! read=5 readexactly=99995 readuntil=||",
        ),
        // An error at the end has the rest of the data, which is removed.
        (
            b"and the rest".to_vec(),
            "readexactly=3 readexactly=99 readexactly=99 read readline",
        ),
        (
            b"and the rest".to_vec(),
            "readuntil=d readuntil=! readuntil=! read readline",
        ),
    ] {
        let expected = python.script(READS).args(&[steps]).stdin(data.clone());
        let expected = expected.run().expect_success();
        let (client, server) = contexts();
        let handle = move |_, mut writer: StreamWriter| {
            let data = data.clone();
            async move { writer.write(&data) }
        };
        let server = asyncio::start_server(handle, LOCAL, &server);
        let server = server.await.expect("a server");
        let streams = asyncio::open_connection(address(&server), tls(&client)).await;
        let (mut reader, writer) = streams.expect("connected");
        // The connection closes when all data was received.
        while !writer.is_closing() {
            tokio::task::yield_now().await;
        }
        let found = reads(&mut reader, steps).await;
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&found), lines(&expected));
    }
}

#[tokio::test]
async fn a_loop_that_ignores_lines_beyond_the_limit_ends() {
    let handle = |_, mut writer: StreamWriter| async move {
        for line in ["x".repeat(100_000), "kept".to_owned(), "x".repeat(200_000)] {
            writer.write(line.as_bytes());
            writer.write(b"\n");
        }
    };
    let server = asyncio::start_server(handle, LOCAL, ()).await;
    let server = server.expect("a server");
    let streams = asyncio::open_connection(address(&server), ()).await;
    let (mut reader, _writer) = streams.expect("connected");
    let mut last = Vec::new();
    // Each error removes at least the data that has exceeded the limit.
    for _ in 0..100 {
        match reader.readline().await {
            Ok(line) if line.is_empty() => {
                assert!(reader.at_eof());
                assert!(!last.is_empty());
                return;
            }
            Ok(line) => last = line,
            Err(error) => assert_eq!(error.python_class(), "ValueError"),
        }
    }
    panic!("the loop does not end");
}

#[tokio::test]
async fn a_line_beyond_the_limit_is_a_value_error() {
    for text in [
        "Separator is not found, and chunk exceed the limit",
        "Separator is found, but chunk is longer than limit",
    ] {
        let found = text.contains("is found");
        let handle = move |_, mut writer: StreamWriter| async move {
            writer.write(&[b'x'; 100_000]);
            if found {
                writer.write(b"\n");
            }
            writer.drain().await.expect("sent");
        };
        let server = asyncio::start_server(handle, LOCAL, ())
            .await
            .expect("a server");
        let streams = asyncio::open_connection(address(&server), ()).await;
        let (mut reader, _writer) = streams.expect("connected");
        let error = reader.readuntil(b"\n").await.expect_err("too long");
        assert_eq!(error.python_class(), "ValueError");
        // The rest of the text depends on the pieces in which the data arrives.
        assert!(error.to_string().starts_with("Separator is "), "{error}");
    }
}
