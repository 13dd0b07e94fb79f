//! At each step of an attempt to obtain a certificate, the client is stopped or the step fails.
#![allow(clippy::unwrap_used, reason = "a step that fails is a failed test")]

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use openssl::pkey::PKey;
use openssl::x509::X509;
use pyssl_testing::acme::AcmeServer;

use super::{AcmeClient, BoxError, Challenge, ChallengeHook};

/// Counts the steps of an attempt: file operations and HTTP messages.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    taken: usize,
    /// The step at which the fault occurs; `None` for no fault.
    at: Option<usize>,
    /// Whether all later steps fail too, as in a process that has ended.
    ends: bool,
}

impl Steps {
    fn plan(&self, at: usize, ends: bool) {
        let at = Some(at);
        *self.0.lock().unwrap() = Plan { taken: 0, at, ends };
    }

    /// Whether the step was reached.
    fn happened(&self) -> bool {
        let plan = self.0.lock().unwrap();
        plan.at.is_some_and(|at| plan.taken > at)
    }

    pub(super) fn next(&self) -> io::Result<()> {
        let mut plan = self.0.lock().unwrap();
        let step = plan.taken;
        plan.taken += 1;
        match plan.at {
            Some(at) if step == at || (plan.ends && step > at) => Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the planned fault",
            )),
            _ => Ok(()),
        }
    }
}

struct Believed;

impl ChallengeHook for Believed {
    fn auth(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }

    fn cleanup(&mut self, _: &Challenge) -> Result<(), BoxError> {
        Ok(())
    }
}

fn client(server: &AcmeServer, storage: &Path) -> AcmeClient {
    AcmeClient::new(server.directory(), storage)
        .domains(["a.example", "b.example"])
        .email("admin@a.example")
        .agree_tos(true)
        .http_01(Believed)
}

/// The certificate in service, if there is one: always with its key.
fn served(storage: &Path) -> Option<Vec<u8>> {
    in_service(storage).map(|(certificate, has_key)| {
        assert!(has_key);
        certificate
    })
}

/// The certificate in service, if there is one, and whether the key is its own. Only the owner can read the files.
fn in_service(storage: &Path) -> Option<(Vec<u8>, bool)> {
    let live = storage.join("live/a.example");
    let (chain, key) = (live.join("fullchain.pem"), live.join("privkey.pem"));
    assert!(chain.exists() == key.exists() || cfg!(windows));
    if !chain.exists() {
        return None;
    }
    #[cfg(unix)]
    for file in [&chain, &key] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let chain = X509::stack_from_pem(&fs::read(chain).unwrap()).unwrap();
    let key = PKey::private_key_from_pem(&fs::read(key).unwrap()).unwrap();
    let has_key = chain[0].public_key().unwrap().public_eq(&key);
    Some((chain[0].to_der().unwrap(), has_key))
}

fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path().display().to_string().replace('\\', "/")),
        }
    }
    found
}

/// Runs an attempt with a fault at each step in turn, and then an attempt without a fault. If `first` is set, there is
/// no certificate at the start. If `bound` is set, the account is bound to an external one, which the server allows once.
fn at_each_step(first: bool, ends: bool, bound: bool) {
    let server = AcmeServer::start();
    if bound {
        server.require_eab(b"secret");
    }
    let client = |storage: &Path, step: usize| {
        let client = client(&server, storage);
        match bound {
            true => client.eab(format!("customer{step}"), "c2VjcmV0"),
            false => client,
        }
    };
    for step in 0.. {
        let directory = tempfile::tempdir().unwrap();
        let storage = &directory.path().join("acme");
        if !first {
            client(storage, step).obtain().unwrap();
        }
        let before = served(storage);
        let mut broken = client(storage, step);
        broken.settings.steps.plan(step, ends);
        let outcome = broken.obtain();
        if !broken.settings.steps.happened() {
            assert!(step > 50, "only {step} steps");
            return;
        }
        assert!(outcome.is_err() || !ends, "step {step}");
        let after = in_service(storage).map(|(certificate, has_key)| {
            // On Windows, the two files are replaced one after the other. The next process completes that.
            assert!(
                has_key || (cfg!(windows) && outcome.is_err()),
                "step {step}"
            );
            certificate
        });
        assert!(first || after.is_some(), "step {step}");
        if outcome.is_ok() {
            assert_ne!(before, after, "step {step}");
        }

        // The next process continues with the same order, if the certificate is not finished.
        let pending = storage.join("pending/a.example");
        let has_order =
            pending.join("order.json").exists() && !pending.join("fullchain.pem").exists();
        let orders = server.orders().len();
        client(storage, step).obtain().unwrap();
        let new = server.orders().len() - orders;
        assert_eq!(new, usize::from(!has_order), "step {step}");
        let renewed = served(storage);
        assert!(renewed.is_some() && renewed != before, "step {step}");
        // Nothing unfinished remains.
        for file in files(storage) {
            let unfinished =
                file.ends_with(".new") || file.ends_with(".key") || file.contains("pending/");
            assert!(!unfinished, "step {step}: {file}");
        }
        assert_eq!(fs::read_dir(storage.join("accounts")).unwrap().count(), 1);
    }
}

#[test]
fn a_process_that_ends_at_any_step_of_its_first_order_is_continued() {
    at_each_step(true, true, false);
}

#[test]
fn a_process_that_ends_at_any_step_keeps_the_account_that_it_has_bound() {
    at_each_step(true, true, true);
}

#[test]
fn a_process_that_ends_at_any_step_of_a_renewal_leaves_a_certificate_with_its_key() {
    at_each_step(false, true, false);
}

#[test]
fn a_full_disk_at_any_step_leaves_a_certificate_with_its_key() {
    at_each_step(true, false, false);
    at_each_step(false, false, false);
}

#[test]
fn at_most_three_certificates_are_kept() {
    let (server, directory) = (AcmeServer::start(), tempfile::tempdir().unwrap());
    let storage = &directory.path().join("acme");
    for _ in 0..6 {
        client(&server, storage).obtain().unwrap();
    }
    let archive = fs::read_dir(storage.join("archive/a.example")).unwrap();
    let mut numbers: Vec<_> = archive.map(|entry| entry.unwrap().file_name()).collect();
    numbers.sort();
    assert_eq!(numbers, ["4", "5", "6"]);
    assert_eq!(server.accounts(), 1);
}
