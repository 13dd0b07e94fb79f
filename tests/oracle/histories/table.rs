//! The fixed histories.

use std::fs;

use pyssl_testing::pki::write_hashed_crl;
use serde_json::json;

use super::History;

pub(super) type Run = fn(&mut History<'_>);

pub(super) const HISTORIES: &[(&str, Run)] = &[
    ("an authority is removed from the directory", |h| {
        h.files.hash("hashed", 0);
        h.make("a");
        h.make("b");
        h.ask("a");
        h.both(json!(["cert_store_stats", "b"]));
        h.files.remove("hashed");
        h.fresh();
        h.ask("a");
        h.ask("b");
    }),
    ("an authority comes into the directory", |h| {
        h.make("a");
        h.ask("a");
        h.files.hash("hashed", 1);
        h.ask("a");
        h.fresh();
    }),
    ("the directory's file is replaced", |h| {
        h.files.hash("hashed", 2);
        h.make("a");
        h.ask("a");
        h.files.remove("hashed");
        h.files.hash("hashed", 3);
        h.ask("a");
        h.fresh();
    }),
    (
        "the bundle is written over, with its size and its time",
        |h| {
            h.files.write("bundle.pem", &[0, 1]);
            h.files.age();
            h.fresh();
            h.make("a");
            h.files.overwrite("bundle.pem", &[1, 2]);
            h.fresh();
            h.files.overwrite("bundle.pem", &[3]);
            h.fresh();
            h.ask("a");
        },
    ),
    (
        "the bundle is replaced by another of its size and time",
        |h| {
            h.files.write("bundle.pem", &[0]);
            h.files.age();
            h.fresh();
            h.make("a");
            h.files.replace("bundle.pem", &[1]);
            h.fresh();
            h.files.replace("bundle.pem", &[2, 3]);
            h.fresh();
            h.ask("a");
        },
    ),
    ("the bundle is removed and comes back", |h| {
        h.files.write("bundle.pem", &[0, 3]);
        h.files.age();
        h.fresh();
        h.files.remove("bundle.pem");
        h.fresh();
        h.files.write("bundle.pem", &[1]);
        h.fresh();
    }),
    ("the bundle is a link that is turned", |h| {
        h.files.write("one.pem", &[0]);
        h.files.write("other.pem", &[1, 2]);
        h.files.age();
        h.files.link("one.pem", "bundle.pem");
        h.fresh();
        h.files.link("other.pem", "bundle.pem");
        h.fresh();
        h.files.link("one.pem", "bundle.pem");
        h.fresh();
        h.files.link("bundle.pem", "bundle.pem");
        h.fresh();
        h.files.link("nothing", "bundle.pem");
        h.fresh();
        h.files.link("hashed", "bundle.pem");
        h.fresh();
        h.files.link("/dev/zero", "bundle.pem");
        h.fresh();
        h.files.link("other.pem", "bundle.pem");
        h.fresh();
    }),
    ("the bundle loses its mode", |h| {
        h.files.write("bundle.pem", &[0, 1]);
        h.files.age();
        h.fresh();
        h.files.mode("bundle.pem", 0);
        h.fresh();
        h.files.mode("bundle.pem", 0o600);
        h.fresh();
    }),
    ("no descriptor can be had at the first load", |h| {
        h.files.write("bundle.pem", &[0, 1]);
        h.files.hash("hashed", 3);
        h.files.age();
        h.starve(true);
        h.make("a");
        h.fresh();
        h.starve(false);
        h.ask("a");
        h.fresh();
    }),
    ("no descriptor can be had later", |h| {
        h.files.write("bundle.pem", &[0, 1]);
        h.files.hash("hashed", 3);
        h.files.age();
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
        h.files.write("bundle.pem", &[0]);
        h.files.write("other.pem", &[1]);
        h.files.hash("second", 2);
        h.files.age();
        h.fresh();
        h.make("a");
        h.environ("SSL_CERT_FILE", Some(h.files.text("other.pem")));
        h.fresh();
        h.environ("SSL_CERT_DIR", Some(h.files.text("second")));
        h.fresh();
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.environ("SSL_CERT_FILE", Some(String::new()));
        h.environ("SSL_CERT_DIR", Some(String::new()));
        h.fresh();
        h.ask("a");
    }),
    ("the directory is a file", |h| {
        h.files.write("other.pem", &[0, 3]);
        h.environ("SSL_CERT_DIR", Some(h.files.text("other.pem")));
        h.fresh();
        h.files.write("bundle.pem", &[2]);
        h.fresh();
        h.files.write("other.pem", &[1]);
        h.fresh();
    }),
    ("the directory is a URI", |h| {
        h.files.write("other.pem", &[1]);
        h.environ(
            "SSL_CERT_DIR",
            Some(format!("file:{}", h.files.text("other.pem"))),
        );
        h.fresh();
    }),
    ("there are several directories", |h| {
        let (one, two) = (h.files.text("hashed"), h.files.text("second"));
        h.environ("SSL_CERT_DIR", Some(format!("{one}:/nonexistent::{two}")));
        h.files.hash("hashed", 0);
        h.files.hash("second", 3);
        h.fresh();
        h.files.remove("hashed");
        h.files.hash("second", 2);
        h.fresh();
    }),
    ("the directory's files are odd", |h| {
        let ca = &h.files.cas[0];
        let hash = format!("{:08x}", ca.cert().subject_name_hash());
        fs::write(h.files.path("hashed").join(format!("{hash}.0")), ca.der()).unwrap();
        let hash = format!("{:08x}", h.files.cas[1].cert().subject_name_hash());
        fs::write(
            h.files.path("hashed").join(format!("{hash}.3")),
            h.files.bundle(&[1]),
        )
        .unwrap();
        let hash = format!("{:08x}", h.files.cas[2].cert().subject_name_hash());
        fs::write(
            h.files.path("hashed").join(format!("{hash}.0")),
            h.files.bundle(&[3, 2, 0]),
        )
        .unwrap();
        h.fresh();
    }),
    ("a file of the directory has more than its name says", |h| {
        // Two authorities have the same name. One is in the bundle from the start, and the other is
        // added later together with a third authority.
        h.files.write("bundle.pem", &[2]);
        let hash = format!("{:08x}", h.files.cas[0].cert().subject_name_hash());
        fs::write(
            h.files.path("hashed").join(format!("{hash}.0")),
            h.files.bundle(&[0, 3]),
        )
        .unwrap();
        h.files.age();
        h.fresh();
    }),
    ("the bundle has lists, trusted certificates and keys", |h| {
        let ca = &h.files.cas[0];
        let list = ca.crl(&[&h.files.leaves[0]]);
        let bundle = h.files.bundle(&[0, 1]) + &list;
        fs::write(h.files.path("bundle.pem"), bundle).unwrap();
        h.fresh();
        h.make("a");
        h.both(json!(["set", "a", "verify_flags", 0x8004]));
        h.ask("a");
        let trusted = h
            .files
            .bundle(&[1])
            .replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        let key = h.files.leaves[0].key_pem();
        fs::write(h.files.path("bundle.pem"), format!("{key}{trusted}")).unwrap();
        h.fresh();
        h.ask("a");
    }),
    ("the bundle is broken and mended", |h| {
        let good = h.files.bundle(&[0, 1]);
        h.files.write("bundle.pem", &[0, 1]);
        h.files.age();
        h.fresh();
        for broken in [
            good[..good.len() - 60].to_owned(),
            good.replacen("MII", "M*I", 1),
            "nothing".to_owned(),
            String::new(),
            format!("{good}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            format!("\0{good}"),
        ] {
            fs::write(h.files.path("bundle.pem"), broken).unwrap();
            h.fresh();
        }
        h.files.write("bundle.pem", &[1, 2]);
        h.fresh();
    }),
    ("lists come into the directory and change", |h| {
        let hashed = h.files.path("hashed");
        h.files.hash("hashed", 0);
        write_hashed_crl(&hashed, &h.files.cas[0], &h.files.cas[0].crl(&[]));
        h.make("a");
        h.both(json!(["set", "a", "verify_flags", 0x8004]));
        h.ask("a");
        let revoked = h.files.cas[0].crl(&[&h.files.leaves[0]]);
        let hash = format!("{:08x}", h.files.cas[0].cert().subject_name_hash());
        fs::write(hashed.join(format!("{hash}.r0")), revoked).unwrap();
        h.ask("a");
        h.make("b");
        h.both(json!(["set", "b", "verify_flags", 0x8004]));
        h.ask("b");
    }),
    ("defaults are loaded again and beside others", |h| {
        h.files.write("bundle.pem", &[0]);
        h.files.write("own.pem", &[1]);
        h.files.hash("second", 3);
        h.files.age();
        h.both(json!(["context", "a", 16]));
        h.both(json!(["load_verify_locations", "a", {"cafile": h.files.text("own.pem")}]));
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.files.replace("bundle.pem", &[2]);
        h.both(json!(["set_default_verify_paths", "a"]));
        h.both(json!(["load_verify_locations", "a", {"capath": h.files.text("second")}]));
        h.ask("a");
        h.files.remove("second");
        h.files.remove("bundle.pem");
        h.both(json!(["load_default_certs", "a"]));
        h.ask("a");
        h.fresh();
    }),
    (
        "the default directory has gone when another is added",
        |h| {
            h.files.hash("hashed", 0);
            h.files.hash("second", 1);
            h.make("a");
            fs::remove_dir_all(h.files.path("hashed")).unwrap();
            h.both(json!(["load_verify_locations", "a", {"capath": h.files.text("second")}]));
            h.ask("a");
            fs::create_dir(h.files.path("hashed")).unwrap();
            h.files.hash("hashed", 2);
            h.ask("a");
        },
    ),
    (
        "a cafile is written over, with its size and its time",
        |h| {
            let own = json!({"cafile": h.files.text("own.pem")});
            h.files.write("own.pem", &[0, 2]);
            h.files.age();
            for (name, next) in [("a", &[1][..]), ("b", &[3, 2]), ("c", &[])] {
                for _ in 0..2 {
                    h.both(json!(["context", name, 16]));
                    h.both(json!(["load_verify_locations", name, own]));
                    h.ask(name);
                }
                h.files.overwrite("own.pem", next);
            }
            h.both(json!(["context", "d", 16]));
            h.both(json!(["load_verify_locations", "d", own]));
            h.files.remove("own.pem");
            h.both(json!(["load_verify_locations", "a", own]));
            h.ask("a");
        },
    ),
];
