//! The fields of a certificate as bytes: names, alternative names, URIs, serial number, times.
//!
//! The `openssl` crate returns them as `&str`, and nothing if the bytes are not UTF-8. It also lacks
//! some kinds of names. The functions here copy the bytes with their length, so a NUL in a name does
//! not end it (CVE-2013-4238). The module `certificate` interprets the bytes.

use std::ffi::{c_char, c_int};
use std::ptr;

use foreign_types::ForeignTypeRef;
use openssl::asn1::Asn1TimeRef;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::x509::{
    GeneralNameRef, X509NameRef, X509Ref, X509StoreContext, X509StoreContextRef, X509VerifyResult,
};
use openssl_sys as sys;

use super::decl;
use super::util::{self, clear_errors};

/// One attribute of a name.
#[derive(Debug)]
pub(crate) struct Attribute {
    /// Adjacent attributes with the same number belong to one relative distinguished name.
    pub(crate) set: c_int,
    /// OpenSSL's long name of the attribute's type, or its object identifier in dotted form.
    pub(crate) kind: Vec<u8>,
    pub(crate) value: Value,
}

/// The value of an attribute.
#[derive(Debug)]
pub(crate) enum Value {
    /// Text that OpenSSL converted to UTF-8.
    Text(Vec<u8>),
    /// A BIT STRING.
    Bits(Vec<u8>),
}

/// A GeneralName (RFC 5280, section 4.2.1.6).
#[derive(Debug)]
pub(crate) enum GeneralName {
    /// The label and the text, for the kinds that OpenSSL prints.
    OtherName(Option<(&'static str, Vec<u8>)>),
    Email(Vec<u8>),
    Dns(Vec<u8>),
    X400Address,
    Directory(Vec<Attribute>),
    EdiPartyName,
    Uri(Vec<u8>),
    IpAddress(Vec<u8>),
    RegisteredId(Vec<u8>),
    Unknown(c_int),
}

/// The size of the first buffer for the text of an object identifier. A longer text takes a second call.
const OBJECT_TEXT: usize = 256;

/// The attributes of a name, in the order of the certificate.
pub(crate) fn attributes(name: &X509NameRef) -> Result<Vec<Attribute>, ErrorStack> {
    clear_errors();
    // SAFETY: `name` is live; the call reads its number of entries.
    let count = unsafe { sys::X509_NAME_entry_count(name.as_ptr()) };
    (0..count)
        .map(|index| {
            // SAFETY: `name` is live and borrowed, so its entries do not change. The result is null for
            // an index that is out of range.
            let entry = unsafe { sys::X509_NAME_get_entry(name.as_ptr(), index) };
            if entry.is_null() {
                return Err(ErrorStack::get());
            }
            // SAFETY: not null, and alive as long as `name`.
            unsafe { attribute(entry) }
        })
        .collect()
}

/// # Safety
///
/// `entry` is live.
unsafe fn attribute(entry: *const sys::X509_NAME_ENTRY) -> Result<Attribute, ErrorStack> {
    // SAFETY: the caller promises a live entry. The calls return a number and two pointers to its
    // parts.
    let (set, kind, value) = unsafe {
        (
            decl::X509_NAME_ENTRY_set(entry),
            sys::X509_NAME_ENTRY_get_object(entry),
            sys::X509_NAME_ENTRY_get_data(entry),
        )
    };
    if kind.is_null() || value.is_null() {
        return Err(ErrorStack::get());
    }
    // SAFETY: neither is null; both belong to `entry`, which is live.
    unsafe {
        Ok(Attribute {
            set,
            kind: object_text(kind, false)?,
            value: match sys::ASN1_STRING_type(value) {
                sys::V_ASN1_BIT_STRING => Value::Bits(string_bytes(value)),
                _ => Value::Text(string_utf8(value)?),
            },
        })
    }
}

/// OpenSSL's name of an object. The dotted form if it has no name, or if `numeric` is set.
///
/// # Safety
///
/// `object` is null or live.
pub(super) unsafe fn object_text(
    object: *const sys::ASN1_OBJECT,
    numeric: bool,
) -> Result<Vec<u8>, ErrorStack> {
    let mut text = vec![0; OBJECT_TEXT];
    loop {
        let room = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
        // SAFETY: the call accepts null and a live object. It writes at most `room` bytes into `text`,
        // including the NUL, and returns the length of the whole text.
        let len = unsafe {
            sys::OBJ_obj2txt(text.as_mut_ptr().cast(), room, object, c_int::from(numeric))
        };
        let Ok(len) = usize::try_from(len) else {
            return Err(ErrorStack::get());
        };
        if len < text.len() {
            text.truncate(len);
            return Ok(text);
        }
        text.resize(len + 1, 0);
    }
}

/// # Safety
///
/// `string` is null or live.
unsafe fn string_bytes(string: *const sys::ASN1_STRING) -> Vec<u8> {
    if string.is_null() {
        return Vec::new();
    }
    // SAFETY: not null, so the caller promises a live string. Pointer and length are those of the
    // string, and the bytes are copied.
    unsafe {
        let len = usize::try_from(sys::ASN1_STRING_length(string)).unwrap_or(0);
        util::slice(sys::ASN1_STRING_get0_data(string), len).to_vec()
    }
}

/// # Safety
///
/// `string` is live.
unsafe fn string_utf8(string: *const sys::ASN1_STRING) -> Result<Vec<u8>, ErrorStack> {
    let mut out = ptr::null_mut();
    // SAFETY: the caller promises a live string. `out` receives a buffer, which the caller frees,
    // and the call returns its length.
    let len = unsafe { sys::ASN1_STRING_to_UTF8(&raw mut out, string) };
    let Ok(len) = usize::try_from(len) else {
        return Err(ErrorStack::get());
    };
    // SAFETY: the call succeeded, so `out` has `len` bytes. They are copied, and freed once.
    unsafe {
        let bytes = util::slice(out, len).to_vec();
        sys::OPENSSL_free(out.cast());
        Ok(bytes)
    }
}

/// The names of the extension subjectAltName. `None` if there is none, or if it cannot be decoded.
pub(crate) fn subject_alt_names(x509: &X509Ref) -> Result<Option<Vec<GeneralName>>, ErrorStack> {
    let names = x509.subject_alt_names();
    clear_errors();
    names
        .map(|names| names.iter().map(general_name).collect())
        .transpose()
}

fn general_name(name: &GeneralNameRef) -> Result<GeneralName, ErrorStack> {
    // SAFETY: `name` is live and borrowed. This copies its two fields.
    let (kind, value) = unsafe { ((*name.as_ptr()).type_, (*name.as_ptr()).d) };
    // SAFETY: OpenSSL's decoder sets `type_` to the member of the union that it filled. Each branch
    // reads that member: a string in the first four, a name, an object.
    Ok(unsafe {
        match kind {
            sys::GEN_EMAIL => GeneralName::Email(string_bytes(value.cast())),
            sys::GEN_DNS => GeneralName::Dns(string_bytes(value.cast())),
            sys::GEN_URI => GeneralName::Uri(string_bytes(value.cast())),
            sys::GEN_IPADD => GeneralName::IpAddress(string_bytes(value.cast())),
            sys::GEN_DIRNAME if value.is_null() => GeneralName::Directory(Vec::new()),
            sys::GEN_DIRNAME => {
                GeneralName::Directory(attributes(X509NameRef::from_ptr(value.cast()))?)
            }
            sys::GEN_RID => GeneralName::RegisteredId(object_text(value.cast(), false)?),
            sys::GEN_OTHERNAME => GeneralName::OtherName(other_name(name)),
            sys::GEN_X400 => GeneralName::X400Address,
            sys::GEN_EDIPARTY => GeneralName::EdiPartyName,
            other => GeneralName::Unknown(other),
        }
    })
}

/// The label and text of an otherName, as `GENERAL_NAME_print` prints them, except that OpenSSL
/// stops at a NUL.
fn other_name(name: &GeneralNameRef) -> Option<(&'static str, Vec<u8>)> {
    let (mut kind, mut value) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: `name` is live. The call writes two pointers to parts of it, or returns 0.
    let found =
        unsafe { decl::GENERAL_NAME_get0_otherName(name.as_ptr(), &raw mut kind, &raw mut value) };
    if found == 0 || kind.is_null() || value.is_null() {
        return None;
    }
    // SAFETY: neither is null, and both belong to `name`, which is live.
    let (nid, tag) = unsafe { (sys::OBJ_obj2nid(kind), decl::ASN1_TYPE_get(value)) };
    let label = match (nid, tag) {
        (sys::NID_ms_upn, sys::V_ASN1_UTF8STRING) => "UPN",
        (decl::NID_XmppAddr, sys::V_ASN1_UTF8STRING) => "XmppAddr",
        (decl::NID_id_on_SmtpUTF8Mailbox, sys::V_ASN1_UTF8STRING) => "SmtpUTF8Mailbox",
        (decl::NID_NAIRealm, sys::V_ASN1_UTF8STRING) => "NAIRealm",
        (decl::NID_SRVName, sys::V_ASN1_IA5STRING) => "SRVName",
        _ => return None,
    };
    // SAFETY: for these tags the union has a string, which is null or live.
    Some((label, unsafe { string_bytes((*value).value.asn1_string) }))
}

/// The URIs of the extension authorityInfoAccess, each with the NID of its access method.
pub(crate) fn authority_info_uris(x509: &X509Ref) -> Vec<(c_int, Vec<u8>)> {
    let info = x509.authority_info();
    clear_errors();
    info.iter()
        .flatten()
        .filter_map(|access| Some((access.method().nid().as_raw(), uri(access.location())?)))
        .collect()
}

/// The URIs of all full names of the extension cRLDistributionPoints.
///
/// A distribution point may have no name (CVE-2019-5010), or a name that is relative to the issuer, which CPython
/// mistakes for a full name. Both are skipped.
pub(crate) fn crl_distribution_uris(x509: &X509Ref) -> Vec<Vec<u8>> {
    let points = x509.crl_distribution_points();
    clear_errors();
    points
        .iter()
        .flatten()
        .filter_map(|point| point.distpoint()?.fullname())
        .flatten()
        .filter_map(uri)
        .collect()
}

fn uri(name: &GeneralNameRef) -> Option<Vec<u8>> {
    // SAFETY: `name` is live and borrowed. For this type the union has a string.
    unsafe {
        let name = name.as_ptr();
        ((*name).type_ == sys::GEN_URI).then(|| string_bytes((*name).d.cast()))
    }
}

/// The version field; Python adds one to it.
pub(crate) fn version(x509: &X509Ref) -> i64 {
    // SAFETY: `x509` is live, and the call returns a number.
    let version = unsafe { sys::X509_get_version(x509.as_ptr()) };
    #[allow(clippy::useless_conversion, reason = "C's long differs by platform")]
    i64::from(version)
}

/// The serial number: whether it is negative, and its magnitude.
pub(crate) fn serial_number(x509: &X509Ref) -> (bool, Vec<u8>) {
    let serial: *const sys::ASN1_STRING = x509.serial_number().as_ptr().cast();
    // SAFETY: ASN1_INTEGER and ASN1_STRING are the same type (asn1.h). This one belongs to `x509`.
    unsafe {
        let negative = sys::ASN1_STRING_type(serial) & decl::V_ASN1_NEG != 0;
        (negative, string_bytes(serial))
    }
}

/// A time as `Jan  5 09:34:43 2018 GMT`, or `Bad time value`.
pub(crate) fn time_text(time: &Asn1TimeRef) -> Result<Vec<u8>, ErrorStack> {
    clear_errors();
    let output = Bio::writing()?;
    // SAFETY: `output` owns its `BIO`, and `time` is borrowed. For an invalid time the call returns
    // 0 and writes a text that says so.
    unsafe { sys::ASN1_TIME_print(output.0, time.as_ptr()) };
    Ok(output.written())
}

/// A name in the form of RFC 2253.
pub(crate) fn name_text(name: &X509NameRef) -> Result<Vec<u8>, ErrorStack> {
    clear_errors();
    let output = Bio::writing()?;
    // SAFETY: `output` owns its `BIO`, and `name` is borrowed. The call reads the name and writes
    // to the BIO.
    let ok = unsafe { decl::X509_NAME_print_ex(output.0, name.as_ptr(), 0, decl::XN_FLAG_RFC2253) };
    if ok < 0 {
        return Err(ErrorStack::get());
    }
    Ok(output.written())
}

/// The hash of the certificate's signature algorithm, if it has one.
pub(crate) fn signature_digest(x509: &X509Ref) -> Option<Nid> {
    let mut digest = 0;
    // SAFETY: `x509` is borrowed. The call writes one number; null means that a value is not
    // needed.
    let known = unsafe {
        decl::X509_get_signature_info(
            x509.as_ptr(),
            &mut digest,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    (known == 1 && digest != sys::NID_undef).then(|| Nid::from_raw(digest))
}

/// Whether the certificate requires its server to staple an OCSP response to every handshake (RFC 7633:
/// `status_request` among its TLS features).
pub(crate) fn promises_staple(x509: &X509Ref) -> bool {
    const STATUS_REQUEST: &[u8] = &[0x02, 0x01, 5];
    // SAFETY: `x509` is live, and the extension and its data belong to it.
    let features = unsafe {
        let at = sys::X509_get_ext_by_NID(x509.as_ptr(), decl::NID_tlsfeature, -1);
        let extension = sys::X509_get_ext(x509.as_ptr(), at);
        if at < 0 || extension.is_null() {
            return false;
        }
        string_bytes(sys::X509_EXTENSION_get_data(extension).cast())
    };
    // The extension is a SEQUENCE of INTEGERs of one byte each. Its header has two bytes.
    let numbers = features.get(2..).unwrap_or_default();
    numbers.chunks(3).any(|number| number == STATUS_REQUEST)
}

/// Whether the certificate belongs to a certification authority; see `X509_check_ca`(3).
pub(crate) fn is_ca(x509: &X509Ref) -> bool {
    // SAFETY: `x509` is live. The call caches values in it, under OpenSSL's own lock.
    let ca = unsafe { decl::X509_check_ca(x509.as_ptr()) };
    clear_errors();
    ca != 0
}

/// A memory BIO.
struct Bio(*mut sys::BIO);

impl Bio {
    /// An empty BIO to write to.
    fn writing() -> Result<Bio, ErrorStack> {
        // SAFETY: the method table is static.
        Bio::owned(unsafe { sys::BIO_new(decl::BIO_s_mem()) })
    }

    fn owned(bio: *mut sys::BIO) -> Result<Bio, ErrorStack> {
        if bio.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(Bio(bio))
    }

    fn written(&self) -> Vec<u8> {
        let mut data: *mut c_char = ptr::null_mut();
        // SAFETY: `self` owns the memory `BIO`. The call stores a pointer to its buffer and returns
        // the length. The bytes are copied before the BIO is used again.
        unsafe {
            let len = sys::BIO_get_mem_data(self.0, &raw mut data);
            util::slice(data.cast(), usize::try_from(len).unwrap_or(0)).to_vec()
        }
    }
}

impl Drop for Bio {
    fn drop(&mut self) {
        // SAFETY: not null, and freed once.
        unsafe { sys::BIO_free_all(self.0) }
    }
}

/// Whether a callback may accept the certificate at the current depth of a verification. A client may accept a server's
/// own certificate only if the verification has a host name or an address to compare with that certificate. If there is
/// neither, the error becomes a host name mismatch. A callback may accept all other certificates.
pub(crate) fn require_host(verification: &mut X509StoreContextRef) -> bool {
    let client = X509StoreContext::ssl_idx()
        .ok()
        .and_then(|index| verification.ex_data(index))
        .is_some_and(|ssl| !ssl.is_server());
    if verification.error_depth() > 0 || !client {
        return true;
    }
    // SAFETY: a live verification, which has parameters. The address is a copy or null; OPENSSL_free
    // accepts both.
    unsafe {
        let param = decl::X509_STORE_CTX_get0_param(verification.as_ptr());
        if !decl::X509_VERIFY_PARAM_get0_host(param, 0).is_null() {
            return true;
        }
        let address = decl::X509_VERIFY_PARAM_get1_ip_asc(param);
        let has_address = !address.is_null();
        sys::OPENSSL_free(address.cast());
        if !has_address {
            let mismatch = X509VerifyResult::from_raw(sys::X509_V_ERR_HOSTNAME_MISMATCH);
            verification.set_error(mismatch);
        }
        has_address
    }
}

/// The public key with its algorithm (SubjectPublicKeyInfo) as DER.
pub(crate) fn public_key_info(certificate: &X509Ref) -> Result<Vec<u8>, ErrorStack> {
    clear_errors();
    // SAFETY: `certificate` is borrowed, and its key lives as long. OpenSSL writes as many bytes as
    // the first call has returned.
    unsafe {
        let key = decl::X509_get_X509_PUBKEY(certificate.as_ptr());
        let length = decl::i2d_X509_PUBKEY(key, ptr::null_mut());
        let Some(length) = usize::try_from(length).ok().filter(|length| *length > 0) else {
            return Err(ErrorStack::get());
        };
        let mut der = vec![0; length];
        let mut end = der.as_mut_ptr();
        match decl::i2d_X509_PUBKEY(key, &mut end) {
            written if written > 0 => Ok(der),
            _ => Err(ErrorStack::get()),
        }
    }
}
