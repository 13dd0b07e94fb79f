//! Credentials from `.netrc`: `requests.utils.get_netrc_auth` and Python's module `netrc`.

use std::env;
use std::fs;
use std::iter::Peekable;
use std::path::PathBuf;
use std::str::Chars;

use crate::sys;

/// The name and the password for a host, from the file that `NETRC` names, or from `.netrc` or `_netrc` in the
/// home directory. As in Python, a file with an invalid entry counts as absent.
pub(super) fn credentials(host: &str) -> Option<(String, String)> {
    let bytes = fs::read(file()?).ok()?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.as_bytes().iter().copied().map(char::from).collect(),
    };
    let entry = find(&text.replace("\r\n", "\n").replace('\r', "\n"), host)?;
    let name = match entry.login.is_empty() {
        true => entry.account,
        false => entry.login,
    };
    (!name.is_empty() || !entry.password.is_empty()).then_some((name, entry.password))
}

fn file() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let home = || set(sys::HOME_VARIABLE).map(PathBuf::from);
    if let Some(named) = env::var_os("NETRC").map(PathBuf::from) {
        return match named.strip_prefix("~") {
            Ok(below) => Some(home()?.join(below)),
            Err(_) => Some(named),
        };
    }
    let home = home()?;
    let candidates = [".netrc", "_netrc"].map(|name| home.join(name));
    candidates.into_iter().find(|path| path.exists())
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Entry {
    login: String,
    account: String,
    password: String,
}

/// The entry of a host, or else the default entry. `None` also if the file is invalid.
fn find(text: &str, host: &str) -> Option<Entry> {
    let mut lexer = Lexer {
        chars: text.chars().peekable(),
        line: 1,
    };
    let (mut of_host, mut default) = (None, None);
    let (mut line, mut word) = (lexer.line, lexer.word());
    while !word.is_empty() {
        if word.starts_with('#') {
            if lexer.line == line && word == "#" {
                lexer.skip_line();
            }
            (line, word) = (lexer.line, lexer.word());
            continue;
        }
        let name = match &*word {
            "machine" => lexer.word(),
            "default" => "default".to_owned(),
            "macdef" => {
                lexer.word();
                lexer.skip_macro()?;
                (line, word) = (lexer.line, lexer.word());
                continue;
            }
            _ => return None,
        };
        if name.is_empty() {
            return None;
        }
        let entry;
        (entry, word) = lexer.entry()?;
        if name == host {
            of_host = Some(entry);
        } else if name == "default" {
            default = Some(entry);
        }
    }
    of_host.or(default)
}

/// `netrc._netrclex`.
struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl Lexer<'_> {
    fn char(&mut self) -> Option<char> {
        let next = self.chars.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    /// The next word, or an empty one at the end of the file. Quotation marks enclose blanks, and a backslash
    /// quotes a character.
    fn word(&mut self) -> String {
        let is_blank = |c: char| "\n\t\r ".contains(c);
        let mut word = String::new();
        while let Some(c) = self.chars.next_if(|c| is_blank(*c)) {
            self.line += usize::from(c == '\n');
        }
        let is_quoted = self.chars.next_if_eq(&'"').is_some();
        while let Some(c) = self.char() {
            match c {
                '\\' => word.extend(self.char()),
                '"' if is_quoted => break,
                c if is_blank(c) && !is_quoted => break,
                c => word.push(c),
            }
        }
        word
    }

    fn skip_line(&mut self) {
        while self.char().is_some_and(|c| c != '\n') {}
    }

    /// Skips a macro, which ends with an empty line.
    fn skip_macro(&mut self) -> Option<()> {
        loop {
            match self.chars.peek()? {
                '\n' => return self.char().map(drop),
                _ => self.skip_line(),
            }
        }
    }

    /// The fields of an entry, and the word after them.
    fn entry(&mut self) -> Option<(Entry, String)> {
        let mut entry = Entry::default();
        loop {
            let line = self.line;
            let word = self.word();
            match &*word {
                "" | "machine" | "default" | "macdef" => return Some((entry, word)),
                "login" | "user" => entry.login = self.word(),
                "account" => entry.account = self.word(),
                "password" => entry.password = self.word(),
                comment if comment.starts_with('#') => {
                    if self.line == line {
                        self.skip_line();
                    }
                }
                _ => return None,
            }
        }
    }
}
