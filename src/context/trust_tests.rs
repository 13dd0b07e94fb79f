//! Certificates that are decoded on first use behave like certificates that are decoded at once.

use std::sync::Arc;

use openssl::x509::X509;
use pyssl_testing::pki::{Attribute, DistinguishedName};
use pyssl_testing::{Ca, Files, Leaf};

use super::SslContext;
use super::bundle::Bundle;
use super::trust::Trust;
use crate::constants::{Protocol, VerifyFlags};
use crate::error::{Error, Result};
use crate::ffi::pem::{self, Source};
use crate::ffi::store::StoreObject;
use crate::{MemoryBio, WrapBio, paths};

/// A store with the objects of the text; empty if the text is rejected.
fn trust(pem: impl AsRef<[u8]>) -> Arc<Trust> {
    let trust = Trust::empty().unwrap();
    if let Ok(bundle) = Bundle::read(&Source::memory(pem.as_ref()).unwrap(), true) {
        trust.add_bundle(Arc::new(bundle)).unwrap();
    }
    Arc::new(trust)
}

/// The objects that OpenSSL reads from the text.
fn objects(pem: impl AsRef<[u8]>) -> Vec<StoreObject> {
    pem::read_objects(&Source::memory(pem.as_ref()).unwrap()).unwrap_or_default()
}

fn bundle<'a>(cas: impl IntoIterator<Item = &'a Ca>) -> String {
    cas.into_iter().map(Ca::cert_pem).collect()
}

/// The objects in DER, sorted, because OpenSSL 4.0 has no fixed order.
fn ders(objects: Vec<StoreObject>) -> Vec<Vec<u8>> {
    let der = |object| match object {
        StoreObject::Certificate(certificate) => certificate.to_der().unwrap(),
        StoreObject::Crl(crl) => crl.to_der().unwrap(),
    };
    let mut ders: Vec<Vec<u8>> = objects.into_iter().map(der).collect();
    ders.sort_unstable();
    ders
}

fn client(trust: &Arc<Trust>) -> SslContext {
    let context = SslContext::new(Protocol::PROTOCOL_TLS_CLIENT).unwrap();
    context.edit_trust(|_| Ok(Some(Arc::clone(trust)))).unwrap();
    context
}

/// Runs a handshake with a server that presents `leaf`.
fn verify(client: &SslContext, leaf: &Leaf) -> Result<()> {
    let server = SslContext::new(Protocol::PROTOCOL_TLS_SERVER)?;
    server.load_cert_chain(&*Files::of(leaf).combined)?;
    let (to_server, to_client) = (MemoryBio::new(), MemoryBio::new());
    let client = client.wrap_bio(&to_client, &to_server, "localhost")?;
    let server = server.wrap_bio(&to_server, &to_client, WrapBio::new().server_side(true))?;
    loop {
        match client.do_handshake() {
            Err(Error::WantRead(_)) => {}
            outcome => return outcome,
        }
        match server.do_handshake() {
            Err(Error::WantRead(_)) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
}

#[test]
fn the_systems_bundle_has_the_same_certificates_as_in_openssl() {
    let Ok(text) = std::fs::read(paths::system_locations().file) else {
        pyssl_testing::skipped("this system has no bundle");
        return;
    };
    let lazy = trust(&text);
    let eager = Trust::empty().unwrap();
    eager.extend(&objects(&text)).unwrap();
    assert!(lazy.store().objects().is_empty());
    let expected = ders(eager.objects());
    assert!(ders(lazy.objects()) == expected);
    assert!(ders(lazy.copy().unwrap().objects()) == expected);
}

#[test]
fn an_unchanged_file_is_read_once_and_its_certificates_are_not_decoded() {
    let file = paths::system_locations().file;
    // The cache keeps only files that have not changed for two seconds. The system's bundle is older.
    let Ok(first) = Bundle::open(&file) else {
        pyssl_testing::skipped("this system has no bundle");
        return;
    };
    assert!(matches!(*first, Bundle::Index(_)));
    assert!(Arc::ptr_eq(&first, &Bundle::open(&file).unwrap()));
    // A copy is another file, so it is read.
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("bundle.pem");
    std::fs::copy(&file, &copy).unwrap();
    assert!(!Arc::ptr_eq(&first, &Bundle::open(&copy).unwrap()));
}

#[test]
fn a_verification_decodes_only_the_root_it_needs() {
    let cas: Vec<Ca> = (0..20).map(|_| Ca::new()).collect();
    let trust = trust(bundle(&cas));
    let client = client(&trust);
    verify(&client, &cas[7].issue("localhost")).unwrap();
    let intermediate = cas[9].intermediate();
    verify(&client, &intermediate.issue("localhost")).unwrap();
    assert_eq!(
        ders(trust.store().objects()).len(),
        2,
        "only the needed roots are decoded"
    );
    let error = verify(&client, &Ca::new().issue("localhost")).unwrap_err();
    assert!(matches!(error, Error::CertVerification(_)), "{error}");
    assert_eq!(trust.objects().len(), 20);
    assert_eq!(client.cert_store_stats().x509_ca, 20);
}

#[test]
fn roots_that_share_a_subject_are_all_found() {
    let name = DistinguishedName::new().with("CN", "one name for many");
    let make = || Ca::root_builder().subject(name.clone()).build_ca();
    let cas: Vec<Ca> = (0..4).map(|_| make()).collect();
    for first in &cas {
        let client = client(&trust(bundle(&cas)));
        verify(&client, &first.issue("localhost")).unwrap();
        for ca in &cas {
            verify(&client, &ca.intermediate().issue("localhost")).unwrap();
        }
    }
}

#[test]
fn a_root_is_found_by_any_equivalent_encoding_of_its_name() {
    const PRINTABLE: u8 = 19;
    const BMP: u8 = 30;
    let name = |tag, value: &[u8]| {
        DistinguishedName::new().with_rdn([Attribute::with_tag("2.5.4.3", tag, value)])
    };
    let signer = Ca::root_builder()
        .subject(name(PRINTABLE, b"  some   ROOT 1"))
        .build_ca();
    let wide: Vec<u8> = "Some Root 1"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for (tag, value) in [
        (12, &b"some root 1"[..]),
        (BMP, &wide),
        (22, b"SOME ROOT 1 "),
    ] {
        let root = Ca::root_builder()
            .subject(name(tag, value))
            .same_key_as(signer.as_leaf())
            .build_ca();
        let trust = trust(bundle([&Ca::new(), &root]));
        verify(&client(&trust), &signer.issue("localhost")).unwrap();
        assert_eq!(trust.store().objects().len(), 1);
    }
}

#[test]
fn text_between_certificates_and_duplicates_have_no_effect() {
    let ca = Ca::new();
    let pem = format!("# a root\n{0}\n\nand again\n{0}", ca.cert_pem());
    let trust = trust(pem);
    assert_eq!(trust.objects().len(), 1);
    verify(&client(&trust), &ca.issue("localhost")).unwrap();
}

#[test]
fn a_bundle_with_broken_pem_is_treated_as_in_openssl() {
    let (one, other) = (Ca::new(), Ca::new());
    let cut = &other.cert_pem()[..200];
    let swapped = other.cert_pem().replace("-----BEGIN", "----BEGIN");
    let no_der = crate::DER_cert_to_PEM_cert([0x30, 3, 2, 1]);
    let no_base64 = other.cert_pem().replacen("MII", "M!I", 1);
    for (broken, left) in [
        (cut.to_owned(), 0),
        (no_der, 0),
        (no_base64, 0),
        // OpenSSL finds no PEM block in these, and ignores them.
        (swapped, 1),
        (String::new(), 1),
    ] {
        let pem = one.cert_pem() + &broken;
        let expected = objects(&pem).len();
        assert_eq!(trust(&pem).objects().len(), expected, "{pem}");
        assert_eq!(expected, left, "{pem}");
    }
}

#[test]
fn a_certificate_that_cannot_be_decoded_invalidates_the_bundle_as_in_openssl() {
    let (one, other) = (Ca::new(), Ca::new());
    // Changes the ASN.1 type of `notAfter` from UTCTime to INTEGER.
    let mut der = other.der();
    let tag = b"\x17\x0d";
    let at = der.windows(2).rposition(|bytes| bytes == tag).unwrap();
    der[at] = 0x02;
    assert!(X509::from_der(&der).is_err());
    let pem = crate::DER_cert_to_PEM_cert(&der) + &one.cert_pem();
    assert_eq!(objects(&pem).len(), 0);
    let error = verify(&client(&trust(pem)), &one.issue("localhost")).unwrap_err();
    assert_eq!(error.verify_code(), Some(20));
}

#[test]
fn certificates_with_the_same_subject_are_found_in_bundles_and_among_added_ones() {
    let name = DistinguishedName::new().with("CN", "one name for all");
    let make = || Ca::root_builder().subject(name.clone()).build_ca();
    let (in_file, added) = (make(), make());
    let first = trust(in_file.cert_pem());
    let second = trust(Ca::new().cert_pem());
    first.extend(&objects(added.cert_pem())).unwrap();
    second.extend(&objects(added.cert_pem())).unwrap();
    let bundle = Bundle::read(
        &Source::memory(in_file.cert_pem().as_bytes()).unwrap(),
        true,
    );
    second.add_bundle(Arc::new(bundle.unwrap())).unwrap();
    for trust in [first, second] {
        let client = client(&trust);
        verify(&client, &added.intermediate().issue("localhost")).unwrap();
        verify(&client, &in_file.intermediate().issue("localhost")).unwrap();
    }
}

#[test]
fn revocation_lists_in_a_bundle_are_used() {
    let ca = Ca::new();
    let (good, bad) = (ca.issue("localhost"), ca.issue("localhost"));
    let trust = trust(ca.cert_pem() + &ca.crl(&[&bad]));
    let client = client(&trust);
    client
        .set_verify_flags(client.verify_flags() | VerifyFlags::VERIFY_CRL_CHECK_LEAF)
        .unwrap();
    assert_eq!(client.cert_store_stats().crl, 1);
    verify(&client, &good).unwrap();
    assert_eq!(verify(&client, &bad).unwrap_err().verify_code(), Some(23));
}

#[test]
fn threads_verify_while_others_list_the_store() {
    let cas: Vec<Ca> = (0..16).map(|_| Ca::new()).collect();
    let leaves: Vec<Leaf> = cas.iter().map(|ca| ca.issue("localhost")).collect();
    for _ in 0..4 {
        let trust = trust(bundle(&cas));
        let client = client(&trust);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let (client, leaves) = (&client, &leaves);
                scope.spawn(move || {
                    for n in 0..leaves.len() {
                        verify(client, &leaves[(n + start) % leaves.len()]).unwrap();
                    }
                });
            }
            scope.spawn(|| assert_eq!(client.get_ca_certs().len(), cas.len()));
            scope.spawn(|| assert_eq!(trust.copy().unwrap().objects().len(), cas.len()));
        });
    }
}
