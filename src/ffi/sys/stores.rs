//! The certificate stores of Windows.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_void};
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::CRYPT_E_NOT_FOUND;
use windows_sys::Win32::Security::Cryptography as crypto;

/// A certificate: its bytes, their encoding, and the object identifiers of the purposes that it is trusted
/// for (`None`: all).
pub(crate) type Entry = (Vec<u8>, u32, Option<BTreeSet<String>>);

pub(crate) const X509: u32 = crypto::X509_ASN_ENCODING;
pub(crate) const PKCS_7: u32 = crypto::PKCS_7_ASN_ENCODING;

/// An open store of Windows.
struct Store(crypto::HCERTSTORE);

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: `self.0` is an open store, which is closed once. The functions below copy certificates, so none of
        // the store is used after this call.
        unsafe { crypto::CertCloseStore(self.0, 0) };
    }
}

/// Where Windows keeps stores, in the order in which CPython collects them.
const LOCATIONS: [u32; 7] = [
    crypto::CERT_SYSTEM_STORE_LOCAL_MACHINE_ID,
    crypto::CERT_SYSTEM_STORE_LOCAL_MACHINE_ENTERPRISE_ID,
    crypto::CERT_SYSTEM_STORE_LOCAL_MACHINE_GROUP_POLICY_ID,
    crypto::CERT_SYSTEM_STORE_CURRENT_USER_ID,
    crypto::CERT_SYSTEM_STORE_CURRENT_USER_GROUP_POLICY_ID,
    crypto::CERT_SYSTEM_STORE_SERVICES_ID,
    crypto::CERT_SYSTEM_STORE_USERS_ID,
];

/// The stores of a name at all locations, as one.
fn open(name: &CStr) -> io::Result<Store> {
    let open = |provider, flags, name: *const c_void| {
        // SAFETY: `provider` is one of the system's. `name` is a C string for a system store, and null for a
        // collection, which has no name.
        let store = unsafe { crypto::CertOpenStore(provider, 0, 0, flags, name) };
        match store.is_null() {
            true => Err(io::Error::last_os_error()),
            false => Ok(Store(store)),
        }
    };
    let all = open(crypto::CERT_STORE_PROV_COLLECTION, 0, ptr::null())?;
    let mut outcome = Err(io::ErrorKind::NotFound.into());
    for location in LOCATIONS {
        let flags = crypto::CERT_STORE_READONLY_FLAG
            | (location << crypto::CERT_SYSTEM_STORE_LOCATION_SHIFT);
        let added = open(
            crypto::CERT_STORE_PROV_SYSTEM_A,
            flags,
            name.as_ptr().cast(),
        )
        .and_then(|store| {
            let flag = crypto::CERT_PHYSICAL_STORE_ADD_ENABLE_FLAG;
            // SAFETY: both stores are open. The collection keeps a reference of its own to `store`.
            match unsafe { crypto::CertAddStoreToCollection(all.0, store.0, flag, 0) } {
                0 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            }
        });
        if outcome.is_err() {
            outcome = added;
        }
    }
    outcome.map(|()| all)
}

/// The certificates of the stores of this name.
pub(crate) fn certificates(name: &CStr) -> io::Result<Vec<Entry>> {
    let store = open(name)?;
    let (mut found, mut current) = (Vec::new(), ptr::null());
    let failed = loop {
        // SAFETY: the store is open. `current` is null or the certificate that the previous call returned, which this
        // call frees.
        current = unsafe { crypto::CertEnumCertificatesInStore(store.0, current) }.cast_const();
        // SAFETY: `current` is null, or a certificate that is live until the next call.
        let Some(context) = (unsafe { current.as_ref() }) else {
            break None;
        };
        // SAFETY: the pointer and the length are those of the certificate's encoding.
        let der = unsafe { bytes(context.pbCertEncoded, context.cbCertEncoded) };
        match purposes(context) {
            Ok(purposes) => found.push((der, context.dwCertEncodingType, purposes)),
            Err(error) => break Some(error),
        }
    };
    match failed {
        None => Ok(found),
        Some(error) => {
            // SAFETY: `current` is the certificate of the last call, and no further call frees it.
            unsafe { crypto::CertFreeCertificateContext(current) };
            Err(error)
        }
    }
}

/// The revocation lists of the stores of this name, and their encodings.
pub(crate) fn crls(name: &CStr) -> io::Result<Vec<(Vec<u8>, u32)>> {
    let store = open(name)?;
    let (mut found, mut current) = (Vec::new(), ptr::null());
    loop {
        // SAFETY: the store is open. `current` is null or the revocation list that the previous call returned, which
        // this call frees.
        current = unsafe { crypto::CertEnumCRLsInStore(store.0, current) }.cast_const();
        // SAFETY: `current` is null, or a revocation list that is live until the next call.
        let Some(context) = (unsafe { current.as_ref() }) else {
            return Ok(found);
        };
        // SAFETY: the pointer and the length are those of the list's encoding.
        let der = unsafe { bytes(context.pbCrlEncoded, context.cbCrlEncoded) };
        found.push((der, context.dwCertEncodingType));
    }
}

/// # Safety
///
/// `data` is null, or points to `length` bytes.
unsafe fn bytes(data: *const u8, length: u32) -> Vec<u8> {
    if data.is_null() {
        return Vec::new();
    }
    // SAFETY: `data` is not null, so the caller promises `length` bytes.
    unsafe { std::slice::from_raw_parts(data, length as usize) }.to_vec()
}

/// The purposes from the store's property, or else from the certificate's extension.
fn purposes(context: &crypto::CERT_CONTEXT) -> io::Result<Option<BTreeSet<String>>> {
    match usage(context, crypto::CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG)? {
        None => usage(context, crypto::CERT_FIND_EXT_ONLY_ENHKEY_USAGE_FLAG),
        some => Ok(some),
    }
}

fn usage(context: &crypto::CERT_CONTEXT, flag: u32) -> io::Result<Option<BTreeSet<String>>> {
    let absent = || {
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(CRYPT_E_NOT_FOUND) => Ok(None),
            _ => Err(error),
        }
    };
    let mut size = 0;
    // SAFETY: `context` is a live certificate. Without memory for the result, the call only sets `size`.
    if unsafe { crypto::CertGetEnhancedKeyUsage(context, flag, ptr::null_mut(), &raw mut size) }
        == 0
    {
        return absent();
    }
    // The structure begins with a number and a pointer, so it needs the alignment of `u64`.
    let mut room = vec![0_u64; (size as usize).div_ceil(8).max(2)];
    let usage = room.as_mut_ptr().cast::<crypto::CTL_USAGE>();
    // SAFETY: `context` is a live certificate, and `usage` has `size` bytes with the alignment of the structure.
    if unsafe { crypto::CertGetEnhancedKeyUsage(context, flag, usage, &raw mut size) } == 0 {
        return absent();
    }
    let mut found = BTreeSet::new();
    // SAFETY: the call has filled the structure: a list of C strings in the memory of `room`, and their number.
    unsafe {
        let usage = &*usage;
        for at in 0..usage.cUsageIdentifier as usize {
            let text = *usage.rgpszUsageIdentifier.add(at);
            if !text.is_null() {
                found.insert(CStr::from_ptr(text.cast()).to_string_lossy().into_owned());
            }
        }
    }
    Ok(Some(found))
}

/// A certificate that is in the user's store `CA` until this value is dropped.
#[cfg(test)]
pub(crate) struct Added(*const crypto::CERT_CONTEXT, Store);

#[cfg(test)]
impl Added {
    /// Adds a certificate, in DER. The system trusts it for these purposes. `None` stands for all purposes.
    pub(crate) fn new(der: &[u8], purposes: Option<&[&CStr]>) -> io::Result<Added> {
        let flags =
            crypto::CERT_SYSTEM_STORE_CURRENT_USER_ID << crypto::CERT_SYSTEM_STORE_LOCATION_SHIFT;
        let provider = crypto::CERT_STORE_PROV_SYSTEM_A;
        // SAFETY: `provider` is one of the system's, and the name is a C string.
        let store = unsafe { crypto::CertOpenStore(provider, 0, 0, flags, c"CA".as_ptr().cast()) };
        if store.is_null() {
            return Err(io::Error::last_os_error());
        }
        let store = Store(store);
        let length = u32::try_from(der.len()).map_err(io::Error::other)?;
        let mut context = ptr::null_mut();
        // SAFETY: the store is open, `der` has `length` bytes, and `context` is a local variable.
        let added = unsafe {
            crypto::CertAddEncodedCertificateToStore(
                store.0,
                X509,
                der.as_ptr(),
                length,
                crypto::CERT_STORE_ADD_REPLACE_EXISTING,
                &raw mut context,
            )
        };
        if added == 0 {
            return Err(io::Error::last_os_error());
        }
        let added = Added(context, store);
        let Some(purposes) = purposes else {
            return added.commit();
        };
        let mut names: Vec<_> = purposes
            .iter()
            .map(|name| name.as_ptr().cast_mut().cast())
            .collect();
        let usage = crypto::CTL_USAGE {
            cUsageIdentifier: u32::try_from(names.len()).map_err(io::Error::other)?,
            rgpszUsageIdentifier: names.as_mut_ptr(),
        };
        // SAFETY: the certificate is live, and `usage` points to a list of C strings, which the call copies.
        match unsafe { crypto::CertSetEnhancedKeyUsage(added.0, &raw const usage) } {
            0 => Err(io::Error::last_os_error()),
            _ => added.commit(),
        }
    }
    /// Writes the changes of the store at once. Wine would write them later.
    fn commit(self) -> io::Result<Added> {
        // SAFETY: the store is open, and this request takes no data.
        match unsafe {
            crypto::CertControlStore(self.1.0, 0, crypto::CERT_STORE_CTRL_COMMIT, ptr::null())
        } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
impl Drop for Added {
    fn drop(&mut self) {
        // SAFETY: `self.0` is a live certificate, which the first call deletes from its store and frees. The store is
        // still open.
        unsafe {
            crypto::CertDeleteCertificateFromStore(self.0);
            crypto::CertControlStore(self.1.0, 0, crypto::CERT_STORE_CTRL_COMMIT, ptr::null());
        }
    }
}
