//! The answers to challenges, and the hooks that serve them.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyssl_renewal::acme::{BoxError, Challenge, ChallengeHook, Webroot};
use pyssl_testing::acme::AcmeServer;

use crate::support::{NAME, Renewal, client, server};

struct Broken;

impl ChallengeHook for Broken {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        assert!(
            challenge.domain() != "panic.example",
            "a fault of the hook, on purpose"
        );
        Err("no access to the name server".into())
    }

    fn cleanup(&mut self, _: &Challenge) -> Result<(), BoxError> {
        panic!("a fault of the cleanup, on purpose")
    }
}

#[test]
fn a_hook_that_fails_or_panics_is_reported_and_called_again() {
    for (name, expected) in [
        (NAME, "no access to the name server"),
        ("panic.example", "panicked"),
    ] {
        let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        let client = client(&acme, directory.path())
            .domains([name])
            .http_01(Broken);
        let watched = Renewal::start(client, &server());
        for _ in 0..2 {
            let (text, _) = watched.failed();
            assert!(text.contains(expected), "{text}");
            watched.renewal.renew();
        }
    }
}

/// Writes its calls into a list. `auth` panics or fails for one name, `cleanup` panics for another.
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn add(&self, call: &str, challenge: &Challenge) -> String {
        let domain = challenge.domain().to_owned();
        self.0.lock().unwrap().push(format!("{call} {domain}"));
        domain
    }
}

impl ChallengeHook for Calls {
    fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        match &*self.add("auth", challenge) {
            "fails.example" => Err("on purpose".into()),
            "panics.example" => panic!("a fault of the hook, on purpose"),
            _ => Ok(()),
        }
    }

    fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
        let domain = self.add("cleanup", challenge);
        assert_ne!(domain, "b.example", "a fault of the cleanup, on purpose");
        Ok(())
    }
}

#[test]
fn all_answers_are_removed_when_a_hook_fails_or_panics() {
    for last in ["fails.example", "panics.example", "c.example"] {
        let (acme, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
        let calls = Arc::default();
        let mut client = client(&acme, directory.path())
            .domains(["a.example", "b.example", last])
            .http_01(Calls(Arc::clone(&calls)));
        let outcome = catch_unwind(AssertUnwindSafe(|| client.obtain()));
        let is_obtained = outcome.is_ok_and(|outcome| outcome.is_ok());
        assert_eq!(is_obtained, last == "c.example");
        let expected = ["auth a.example", "auth b.example"].map(str::to_owned);
        let expected = expected.into_iter().chain([
            format!("auth {last}"),
            format!("cleanup {last}"),
            "cleanup b.example".to_owned(),
            "cleanup a.example".to_owned(),
        ]);
        assert_eq!(*calls.lock().unwrap(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_webroot_has_the_answer_during_the_validation_only() {
    struct Seen(Webroot, PathBuf);
    impl ChallengeHook for Seen {
        fn auth(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
            self.0.auth(challenge)?;
            let content = fs::read_to_string(self.1.join(challenge.token()))?;
            assert_eq!(content, challenge.key_authorization());
            Ok(())
        }

        fn cleanup(&mut self, challenge: &Challenge) -> Result<(), BoxError> {
            self.0.cleanup(challenge)
        }
    }
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let root = directory.path().join("www");
    let answers = root.join(".well-known/acme-challenge");
    client(&server, directory.path())
        .http_01(Seen(Webroot::new(&root), answers.clone()))
        .obtain()
        .unwrap();
    assert_eq!(fs::read_dir(answers).unwrap().count(), 0);
}
