//! Default contexts, while the files that they trust come, go and change.
//!
//! A history changes files and the environment, makes contexts and asks them whom they trust. It
//! runs in one process here and in one of CPython's, and their answers must be the same. A context
//! that is made `fresh` must also trust what one of a new CPython process does.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::BufRead;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use pyssl_testing::pki::{DistinguishedName, write_hashed_crl};
use pyssl_testing::process::Process;
use pyssl_testing::python::{Python, same_openssl_or_skip};
use pyssl_testing::{Ca, Leaf};
use serde_json::{Value, json};

use crate::interpreter::Interpreter;

const INNER: &str = "PYSSL_TEST_INNER";
const MARK: &str = "@answer ";

/// Runs the steps that it reads, if another test has started it for that.
#[test]
fn steps_from_standard_input() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let mut interpreter = Interpreter::default();
    for line in std::io::stdin().lock().lines() {
        let step: Value = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{MARK}{}", interpreter.run(&step));
    }
}

/// A process that answers step by step.
struct Side(Process);

impl Side {
    fn ours(world: &World) -> Side {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "--nocapture",
                "histories::steps_from_standard_input",
            ])
            .env(INNER, "1");
        Side(Process::spawn(&mut command)).prepared(world)
    }

    fn python(python: &Python, world: &World) -> Side {
        let script = python
            .script(include_str!("interpreter.py"))
            .args(&["steps"]);
        Side(script.spawn()).prepared(world)
    }

    fn prepared(mut self, world: &World) -> Side {
        for (name, value) in &world.environment {
            self.run(&json!(["environ", name, value]));
        }
        for (number, server) in world.servers.iter().enumerate() {
            let name = format!("s{number}");
            self.run(&json!(["context", name, 17]));
            self.run(&json!(["load_cert_chain", name, server]));
        }
        // What Python loads from files of its own is loaded before there are no descriptors.
        self.run(&json!(["context", "first", 16]));
        self.ask("first", world);
        self
    }

    fn run(&mut self, step: &Value) -> Value {
        self.0.send(format!("{step}\n").as_bytes());
        loop {
            let line = self.0.line();
            // The test harness prints as well, and does not always end its line.
            let answer = match line.split_once(MARK) {
                Some((_, answer)) => answer,
                None if line.starts_with('{') => &line,
                None => continue,
            };
            return serde_json::from_str(answer).unwrap();
        }
    }

    /// Whom a context trusts, and what it shows of that before and after.
    fn ask(&mut self, context: &str, world: &World) -> Vec<Value> {
        let mut answers = Vec::new();
        for number in 0..world.servers.len() {
            answers.push(self.run(&json!(["cert_store_stats", context])));
            self.run(&json!([
                "pair",
                "p",
                context,
                format!("s{number}"),
                "localhost"
            ]));
            answers.push(self.run(&json!(["handshake", "p"])));
        }
        answers.push(self.run(&json!(["cert_store_stats", context])));
        answers.push(self.run(&json!(["ca_certs", context])));
        answers
    }
}

/// The files of one history.
struct World {
    directory: tempfile::TempDir,
    cas: Vec<Ca>,
    /// Of each authority, the file that a server with a certificate from it loads.
    servers: Vec<PathBuf>,
    leaves: Vec<Leaf>,
    environment: Vec<(&'static str, Option<String>)>,
}

impl World {
    fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        // The last two share a name.
        let name = |number: usize| {
            let common_name = format!("authority {}", number.min(2));
            DistinguishedName::new().with("CN", &common_name)
        };
        let make = |number| Ca::root_builder().subject(name(number)).build_ca();
        let cas: Vec<Ca> = (0..4).map(make).collect();
        let leaves: Vec<Leaf> = cas.iter().map(|ca| ca.issue("localhost")).collect();
        let mut servers = Vec::new();
        for (number, leaf) in leaves.iter().enumerate() {
            let path = directory.path().join(format!("server{number}.pem"));
            fs::write(&path, leaf.combined_pem()).unwrap();
            servers.push(path);
        }
        for name in ["hashed", "second"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let mut world = World {
            directory,
            cas,
            servers,
            leaves,
            environment: Vec::new(),
        };
        world.environment = vec![
            ("SSL_CERT_FILE", Some(world.text("bundle.pem"))),
            ("SSL_CERT_DIR", Some(world.text("hashed"))),
        ];
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A bundle with these authorities.
    fn bundle(&self, which: &[usize]) -> String {
        which.iter().map(|&n| self.cas[n].cert_pem()).collect()
    }

    /// Writes into the file itself; the size is the same for every bundle.
    fn write(&self, name: &str, which: &[usize]) {
        fs::write(self.path(name), format!("{:<8000}\n", self.bundle(which))).unwrap();
    }

    /// Puts another file in the place of one, with its size and its time.
    fn replace(&self, name: &str, which: &[usize]) {
        let modified = fs::metadata(self.path(name)).and_then(|meta| meta.modified());
        self.write("new.pem", which);
        self.set_modified("new.pem", modified.unwrap_or(SystemTime::UNIX_EPOCH));
        fs::rename(self.path("new.pem"), self.path(name)).unwrap();
    }

    /// Writes into the file itself, and gives it back its time.
    fn overwrite(&self, name: &str, which: &[usize]) {
        let modified = fs::metadata(self.path(name)).and_then(|meta| meta.modified());
        self.write(name, which);
        self.set_modified(name, modified.unwrap_or(SystemTime::UNIX_EPOCH));
    }

    fn set_modified(&self, name: &str, time: SystemTime) {
        let file = fs::File::options()
            .write(true)
            .open(self.path(name))
            .unwrap();
        file.set_modified(time).unwrap();
    }

    fn link(&self, target: &str, name: &str) {
        let _ = fs::remove_file(self.path(name));
        symlink(self.path(target), self.path(name)).unwrap();
    }

    fn hash(&self, directory: &str, which: usize) {
        self.cas[which].write_hashed(&self.path(directory));
    }

    fn mode(&self, name: &str, mode: u32) {
        let _ = fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode));
    }

    /// Removes a file, or all that is in a directory.
    fn remove(&self, name: &str) {
        let path = self.path(name);
        match fs::read_dir(&path) {
            Ok(entries) => {
                entries.for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap())
            }
            Err(_) => drop(fs::remove_file(path)),
        }
    }

    /// Lets the clock go on until a file that is changed now is seen to be younger than all that
    /// there are: only then is what was read of one remembered.
    fn age(&self) {
        let newest = |directory: &Path| {
            let entries = fs::read_dir(directory).unwrap().flatten();
            entries
                .filter_map(|entry| Some(entry.metadata().ok()?.ctime()))
                .max()
        };
        let newest = newest(self.directory.path()).unwrap_or(0);
        let now = || {
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs()
        };
        while i64::try_from(now()).unwrap() <= newest + 3 {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// One history, under way in both processes.
struct History<'a> {
    name: String,
    python: &'a Python,
    world: World,
    ours: Side,
    theirs: Side,
    differences: Vec<String>,
    asked: usize,
    starved: bool,
}

impl<'a> History<'a> {
    fn new(name: &str, python: &'a Python) -> History<'a> {
        let world = World::new();
        History {
            name: name.to_owned(),
            python,
            ours: Side::ours(&world),
            theirs: Side::python(python, &world),
            world,
            differences: Vec::new(),
            asked: 0,
            starved: false,
        }
    }

    fn both(&mut self, step: Value) {
        let (ours, theirs) = (self.ours.run(&step), self.theirs.run(&step));
        self.compare(&step.to_string(), "the same process", &[ours], &[theirs]);
    }

    fn environ(&mut self, name: &'static str, value: Option<String>) {
        self.both(json!(["environ", name, value]));
        self.world.environment.retain(|(other, _)| *other != name);
        self.world.environment.push((name, value));
    }

    fn starve(&mut self, on: bool) {
        self.both(json!(["starve", on]));
        self.starved = on;
    }

    fn make(&mut self, context: &str) {
        self.both(json!(["default_context", context, "server", {}]));
    }

    fn ask(&mut self, context: &str) {
        let ours = self.ours.ask(context, &self.world);
        let theirs = self.theirs.ask(context, &self.world);
        self.compare(context, "the same process", &ours, &theirs);
    }

    /// A default context made now, here and in a new process of CPython.
    fn fresh(&mut self) {
        self.make("fresh");
        self.ask("fresh");
        if !self.starved {
            // What the first asking found stays in that context.
            self.make("fresh");
            let ours = self.ours.ask("fresh", &self.world);
            let mut theirs = Side::python(self.python, &self.world);
            theirs.run(&json!(["default_context", "fresh", "server", {}]));
            let theirs = theirs.ask("fresh", &self.world);
            self.compare("fresh", "a new process", &ours, &theirs);
        }
    }

    fn compare(&mut self, what: &str, with: &str, ours: &[Value], theirs: &[Value]) {
        self.asked += ours.len();
        for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            if ours != theirs {
                let shown = |value: &Value| value.to_string().chars().take(300).collect::<String>();
                self.differences.push(format!(
                    "{}: {what} [{at}], answer {}, against {with}\n    Python {}\n    ours   {}",
                    self.name,
                    self.asked,
                    shown(theirs),
                    shown(ours)
                ));
            }
        }
    }
}

type Run = fn(&mut History<'_>);

const HISTORIES: &[(&str, Run)] = &[
    ("an authority is removed from the directory", |h| {
        h.world.hash("hashed", 0);
        h.make("a");
        h.make("b");
        h.ask("a");
        h.both(json!(["cert_store_stats", "b"]));
        h.world.remove("hashed");
        h.fresh();
        h.ask("a");
        h.ask("b");
    }),
    ("an authority comes into the directory", |h| {
        h.make("a");
        h.ask("a");
        h.world.hash("hashed", 1);
        h.ask("a");
        h.fresh();
    }),
    ("the directory's file is replaced", |h| {
        h.world.hash("hashed", 2);
        h.make("a");
        h.ask("a");
        h.world.remove("hashed");
        h.world.hash("hashed", 3);
        h.ask("a");
        h.fresh();
    }),
    (
        "the bundle is written over, with its size and its time",
        |h| {
            h.world.write("bundle.pem", &[0, 1]);
            h.world.age();
            h.fresh();
            h.make("a");
            h.world.overwrite("bundle.pem", &[1, 2]);
            h.fresh();
            h.world.overwrite("bundle.pem", &[3]);
            h.fresh();
            h.ask("a");
        },
    ),
    (
        "the bundle is replaced by another of its size and time",
        |h| {
            h.world.write("bundle.pem", &[0]);
            h.world.age();
            h.fresh();
            h.make("a");
            h.world.replace("bundle.pem", &[1]);
            h.fresh();
            h.world.replace("bundle.pem", &[2, 3]);
            h.fresh();
            h.ask("a");
        },
    ),
    ("the bundle is removed and comes back", |h| {
        h.world.write("bundle.pem", &[0, 3]);
        h.world.age();
        h.fresh();
        h.world.remove("bundle.pem");
        h.fresh();
        h.world.write("bundle.pem", &[1]);
        h.fresh();
    }),
    ("the bundle is a link that is turned", |h| {
        h.world.write("one.pem", &[0]);
        h.world.write("other.pem", &[1, 2]);
        h.world.age();
        h.world.link("one.pem", "bundle.pem");
        h.fresh();
        h.world.link("other.pem", "bundle.pem");
        h.fresh();
        h.world.link("one.pem", "bundle.pem");
        h.fresh();
        h.world.link("bundle.pem", "bundle.pem");
        h.fresh();
        h.world.link("nothing", "bundle.pem");
        h.fresh();
        h.world.link("hashed", "bundle.pem");
        h.fresh();
        h.world.link("/dev/zero", "bundle.pem");
        h.fresh();
        h.world.link("other.pem", "bundle.pem");
        h.fresh();
    }),
    ("the bundle loses its mode", |h| {
        h.world.write("bundle.pem", &[0, 1]);
        h.world.age();
        h.fresh();
        h.world.mode("bundle.pem", 0);
        h.fresh();
        h.world.mode("bundle.pem", 0o600);
        h.fresh();
    }),
    ("no descriptor can be had at the first load", |h| {
        h.world.write("bundle.pem", &[0, 1]);
        h.world.hash("hashed", 3);
        h.world.age();
        h.starve(true);
        h.make("a");
        h.fresh();
        h.starve(false);
        h.ask("a");
        h.fresh();
    }),
    ("no descriptor can be had later", |h| {
        h.world.write("bundle.pem", &[0, 1]);
        h.world.hash("hashed", 3);
        h.world.age();
        h.fresh();
        h.make("a");
        h.starve(true);
        h.ask("a");
        h.fresh();
        h.starve(false);
        h.fresh();
        h.ask("a");
    }),
    ("the environment changes", |h| {
        h.world.write("bundle.pem", &[0]);
        h.world.write("other.pem", &[1]);
        h.world.hash("second", 2);
        h.world.age();
        h.fresh();
        h.make("a");
        h.environ("SSL_CERT_FILE", Some(h.world.text("other.pem")));
        h.fresh();
        h.environ("SSL_CERT_DIR", Some(h.world.text("second")));
        h.fresh();
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.environ("SSL_CERT_FILE", Some(String::new()));
        h.environ("SSL_CERT_DIR", Some(String::new()));
        h.fresh();
        h.ask("a");
    }),
    ("the directory is a file", |h| {
        h.world.write("other.pem", &[0, 3]);
        h.environ("SSL_CERT_DIR", Some(h.world.text("other.pem")));
        h.fresh();
        h.world.write("bundle.pem", &[2]);
        h.fresh();
        h.world.write("other.pem", &[1]);
        h.fresh();
    }),
    ("the directory is a URI", |h| {
        h.world.write("other.pem", &[1]);
        h.environ(
            "SSL_CERT_DIR",
            Some(format!("file:{}", h.world.text("other.pem"))),
        );
        h.fresh();
    }),
    ("there are several directories", |h| {
        let (one, two) = (h.world.text("hashed"), h.world.text("second"));
        h.environ("SSL_CERT_DIR", Some(format!("{one}:/nonexistent::{two}")));
        h.world.hash("hashed", 0);
        h.world.hash("second", 3);
        h.fresh();
        h.world.remove("hashed");
        h.world.hash("second", 2);
        h.fresh();
    }),
    ("the directory's files are odd", |h| {
        let ca = &h.world.cas[0];
        let hash = format!("{:08x}", ca.cert().subject_name_hash());
        fs::write(h.world.path("hashed").join(format!("{hash}.0")), ca.der()).unwrap();
        let hash = format!("{:08x}", h.world.cas[1].cert().subject_name_hash());
        fs::write(
            h.world.path("hashed").join(format!("{hash}.3")),
            h.world.bundle(&[1]),
        )
        .unwrap();
        let hash = format!("{:08x}", h.world.cas[2].cert().subject_name_hash());
        fs::write(
            h.world.path("hashed").join(format!("{hash}.0")),
            h.world.bundle(&[3, 2, 0]),
        )
        .unwrap();
        h.fresh();
    }),
    ("a file of the directory has more than its name says", |h| {
        // Of two authorities with one name, one is in the bundle. The other comes with a third.
        h.world.write("bundle.pem", &[2]);
        let hash = format!("{:08x}", h.world.cas[0].cert().subject_name_hash());
        fs::write(
            h.world.path("hashed").join(format!("{hash}.0")),
            h.world.bundle(&[0, 3]),
        )
        .unwrap();
        h.world.age();
        h.fresh();
    }),
    ("the bundle has lists, trusted certificates and keys", |h| {
        let ca = &h.world.cas[0];
        let list = ca.crl(&[&h.world.leaves[0]]);
        let bundle = h.world.bundle(&[0, 1]) + &list;
        fs::write(h.world.path("bundle.pem"), bundle).unwrap();
        h.fresh();
        h.make("a");
        h.both(json!(["set", "a", "verify_flags", 0x8004]));
        h.ask("a");
        let trusted = h
            .world
            .bundle(&[1])
            .replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        let key = h.world.leaves[0].key_pem();
        fs::write(h.world.path("bundle.pem"), format!("{key}{trusted}")).unwrap();
        h.fresh();
        h.ask("a");
    }),
    ("the bundle is broken and mended", |h| {
        let good = h.world.bundle(&[0, 1]);
        h.world.write("bundle.pem", &[0, 1]);
        h.world.age();
        h.fresh();
        for broken in [
            good[..good.len() - 60].to_owned(),
            good.replacen("MII", "M*I", 1),
            "nothing".to_owned(),
            String::new(),
            format!("{good}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            format!("\0{good}"),
        ] {
            fs::write(h.world.path("bundle.pem"), broken).unwrap();
            h.fresh();
        }
        h.world.write("bundle.pem", &[1, 2]);
        h.fresh();
    }),
    ("lists come into the directory and change", |h| {
        let hashed = h.world.path("hashed");
        h.world.hash("hashed", 0);
        write_hashed_crl(&hashed, &h.world.cas[0], &h.world.cas[0].crl(&[]));
        h.make("a");
        h.both(json!(["set", "a", "verify_flags", 0x8004]));
        h.ask("a");
        let revoked = h.world.cas[0].crl(&[&h.world.leaves[0]]);
        let hash = format!("{:08x}", h.world.cas[0].cert().subject_name_hash());
        fs::write(hashed.join(format!("{hash}.r0")), revoked).unwrap();
        h.ask("a");
        h.make("b");
        h.both(json!(["set", "b", "verify_flags", 0x8004]));
        h.ask("b");
    }),
    ("defaults are loaded again and beside others", |h| {
        h.world.write("bundle.pem", &[0]);
        h.world.write("own.pem", &[1]);
        h.world.hash("second", 3);
        h.world.age();
        h.both(json!(["context", "a", 16]));
        h.both(json!(["load_verify_locations", "a", {"cafile": h.world.text("own.pem")}]));
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.world.replace("bundle.pem", &[2]);
        h.both(json!(["set_default_verify_paths", "a"]));
        h.both(json!(["load_verify_locations", "a", {"capath": h.world.text("second")}]));
        h.ask("a");
        h.world.remove("second");
        h.world.remove("bundle.pem");
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.fresh();
    }),
    (
        "the default directory has gone when another is added",
        |h| {
            h.world.hash("hashed", 0);
            h.world.hash("second", 1);
            h.make("a");
            fs::remove_dir_all(h.world.path("hashed")).unwrap();
            h.both(json!(["load_verify_locations", "a", {"capath": h.world.text("second")}]));
            h.ask("a");
            fs::create_dir(h.world.path("hashed")).unwrap();
            h.world.hash("hashed", 2);
            h.ask("a");
        },
    ),
    (
        "a cafile is written over, with its size and its time",
        |h| {
            let own = json!({"cafile": h.world.text("own.pem")});
            h.world.write("own.pem", &[0, 2]);
            h.world.age();
            for (name, next) in [("a", &[1][..]), ("b", &[3, 2]), ("c", &[])] {
                for _ in 0..2 {
                    h.both(json!(["context", name, 16]));
                    h.both(json!(["load_verify_locations", name, own]));
                    h.ask(name);
                }
                h.world.overwrite("own.pem", next);
            }
            h.both(json!(["context", "d", 16]));
            h.both(json!(["load_verify_locations", "d", own]));
            h.world.remove("own.pem");
            h.both(json!(["load_verify_locations", "a", own]));
            h.ask("a");
        },
    ),
];

#[test]
fn default_contexts_trust_what_cpythons_do_whatever_happened_before() {
    let Some(python) = same_openssl_or_skip() else {
        return;
    };
    let run = |(name, run): &(&str, Run)| {
        let mut history = History::new(name, python);
        run(&mut history);
        history.fresh();
        (history.asked, history.differences)
    };
    report(in_parallel(HISTORIES, run));
}

/// Histories of which each step is drawn by lot, from a fixed seed.
#[test]
fn default_contexts_trust_what_cpythons_do_in_random_histories() {
    let Some(python) = same_openssl_or_skip() else {
        return;
    };
    let seeds: Vec<u64> = (0..6).collect();
    report(in_parallel(&seeds, |seed| random_history(*seed, python)));
}

fn random_history(seed: u64, python: &Python) -> (usize, Vec<String>) {
    let mut lot = Lot(seed);
    let mut h = History::new(&format!("seed {seed}"), python);
    h.world.write("bundle.pem", &[0]);
    h.world.write("other.pem", &[1]);
    h.world.age();
    h.make("a");
    h.make("b");
    for _ in 0..30 {
        let file = ["bundle.pem", "other.pem"][lot.below(2)];
        let directory = ["hashed", "second"][lot.below(2)];
        let context = ["a", "b"][lot.below(2)];
        let some: Vec<usize> = (0..4).filter(|_| lot.below(2) == 0).collect();
        match lot.below(14) {
            0 => h.world.write(file, &some),
            1 => h.world.overwrite(file, &some),
            2 => h.world.replace(file, &some),
            3 => h.world.remove(file),
            4 => h.world.remove(directory),
            5 | 6 => h.world.hash(directory, lot.below(4)),
            7 => h.environ("SSL_CERT_FILE", Some(h.world.text(file))),
            8 => h.environ("SSL_CERT_DIR", Some(h.world.text(directory))),
            9 => h.make(context),
            10 => h.both(json!(["load_default_certs", context])),
            11 => h.ask(context),
            12 => {
                h.starve(true);
                h.make(context);
                h.ask(context);
                h.starve(false);
            }
            _ => h.fresh(),
        }
    }
    h.ask("a");
    h.ask("b");
    h.fresh();
    (h.asked, h.differences)
}

/// Numbers that depend on the seed only.
struct Lot(u64);

impl Lot {
    fn below(&mut self, limit: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        self.0 = hasher.finish();
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// Runs each in one of a few threads, which mostly wait for files to age.
fn in_parallel<T: Sync, R: Send>(all: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut outcomes = Vec::new();
    for some in all.chunks(6) {
        thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|one| scope.spawn(|| run(one))).collect();
            outcomes.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
        });
    }
    outcomes
}

fn report(outcomes: Vec<(usize, Vec<String>)>) {
    let asked: usize = outcomes.iter().map(|(asked, _)| asked).sum();
    println!("{} histories, {asked} answers", outcomes.len());
    let differences: Vec<_> = outcomes.into_iter().flat_map(|(_, found)| found).collect();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
