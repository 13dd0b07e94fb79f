//! Certificates, revocation lists, keys and parameters, read from PEM and DER by OpenSSL.

use std::any::Any;
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

use foreign_types::ForeignType;
use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Params, Private};
use openssl::x509::{X509, X509Crl};
use openssl_sys as sys;
use zeroize::Zeroizing;

use super::store::StoreObject;
use super::sys::FileState;
use super::util::{self, clear_errors};
use super::{decl, file};

/// A source of PEM or DER: memory, or a file. A file is read only as far as necessary.
pub(crate) struct Source<'a> {
    bio: *mut sys::BIO,
    is_file: bool,
    _data: PhantomData<&'a [u8]>,
}

impl Source<'_> {
    /// Reads from a slice.
    pub(crate) fn memory(data: &[u8]) -> Result<Source<'_>, ErrorStack> {
        openssl::init();
        // The length of OpenSSL's memory BIO is a C `int`. Bytes beyond it are not read.
        let len = c_int::try_from(data.len()).unwrap_or(c_int::MAX);
        // SAFETY: the BIO reads `len` bytes of `data`, which the lifetime keeps borrowed.
        let bio = unsafe { decl::BIO_new_mem_buf(data.as_ptr().cast(), len) };
        if bio.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(Source {
            bio,
            is_file: false,
            _data: PhantomData,
        })
    }

    /// Reads from a file, from its current position.
    pub(crate) fn file(file: File) -> Result<Source<'static>, ErrorStack> {
        Ok(Source {
            bio: file::open(file)?,
            is_file: true,
            _data: PhantomData,
        })
    }

    /// Takes the system's error of the last read that failed.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        if !self.is_file {
            return None;
        }
        // SAFETY: `self` owns the `BIO`, which `file::open` has made.
        unsafe { file::take_failure(self.bio) }
    }

    /// Goes back to the start. A pipe is an error.
    pub(crate) fn rewind(&self) -> io::Result<()> {
        if !self.is_file {
            // SAFETY: `self` owns the memory `BIO`, and the lifetime keeps its slice borrowed.
            unsafe { sys::BIO_ctrl(self.bio, decl::BIO_CTRL_RESET, 0, ptr::null_mut()) };
            return Ok(());
        }
        // SAFETY: `self` owns the `BIO`, which `file::open` has made.
        unsafe { file::rewind(self.bio) }
    }

    /// The state of the file; `None` if it is not a regular file.
    pub(crate) fn file_state(&self) -> io::Result<Option<FileState>> {
        if !self.is_file {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // SAFETY: `self` owns the `BIO`, which `file::open` has made.
        unsafe { file::file_state(self.bio) }
    }
}

impl Drop for Source<'_> {
    fn drop(&mut self) {
        // SAFETY: this value owns the `BIO`, and frees it once.
        unsafe { sys::BIO_free_all(self.bio) };
    }
}

/// A password callback that gives no password. Without a callback, OpenSSL would ask for one on the
/// terminal.
unsafe extern "C" fn no_password(_: *mut c_char, _: c_int, _: c_int, _: *mut c_void) -> c_int {
    -1
}

/// Whether the last error of the queue means that no further block of the kind was found.
fn is_end(queue: &ErrorStack) -> bool {
    queue.errors().last().is_some_and(|error| {
        error.library_code() == sys::ERR_LIB_PEM && error.reason_code() == decl::PEM_R_NO_START_LINE
    })
}

/// The next certificate of a PEM file.
fn next_pem(source: &Source<'_>) -> Result<X509, ErrorStack> {
    // SAFETY: `source` owns the `BIO`. The result is null, or its owner frees it.
    unsafe {
        let x = sys::PEM_read_bio_X509(
            source.bio,
            ptr::null_mut(),
            Some(no_password),
            ptr::null_mut(),
        );
        if x.is_null() {
            Err(ErrorStack::get())
        } else {
            Ok(X509::from_ptr(x))
        }
    }
}

/// The first certificate of a PEM text. An encrypted PEM block is an error.
pub(crate) fn read_certificate(pem: &[u8]) -> Result<X509, ErrorStack> {
    clear_errors();
    next_pem(&Source::memory(pem)?)
}

/// The reason why a chain could not be read.
pub(crate) enum ChainError {
    /// There is no leaf, or it cannot be decoded.
    Leaf(ErrorStack),
    /// A certificate after the leaf cannot be decoded.
    Chain(ErrorStack),
}

/// The leaf and the further certificates of a PEM file. Blocks of other kinds are skipped.
pub(crate) fn read_chain(source: &Source<'_>) -> Result<(X509, Vec<X509>), ChainError> {
    clear_errors();
    // SAFETY: `source` owns the `BIO`. The result is null, or its owner frees it.
    let leaf = unsafe {
        let x = decl::PEM_read_bio_X509_AUX(
            source.bio,
            ptr::null_mut(),
            Some(no_password),
            ptr::null_mut(),
        );
        if x.is_null() {
            return Err(ChainError::Leaf(ErrorStack::get()));
        }
        X509::from_ptr(x)
    };
    let mut chain = Vec::new();
    loop {
        match next_pem(source) {
            Ok(certificate) => chain.push(certificate),
            Err(queue) if is_end(&queue) => return Ok((leaf, chain)),
            Err(queue) => return Err(ChainError::Chain(queue)),
        }
    }
}

/// The certificates of a PEM text, and the error that ended reading before the end of the text.
pub(crate) fn read_certificates(pem: &[u8]) -> (Vec<X509>, Option<ErrorStack>) {
    clear_errors();
    let mut found = Vec::new();
    let source = match Source::memory(pem) {
        Ok(source) => source,
        Err(queue) => return (found, Some(queue)),
    };
    loop {
        match next_pem(&source) {
            Ok(certificate) => found.push(certificate),
            // OpenSSL queues no error for an empty block. CPython stops at an empty block and
            // reports no error.
            Err(queue) if is_end(&queue) || queue.errors().is_empty() => return (found, None),
            Err(queue) => return (found, Some(queue)),
        }
    }
}

/// Certificates in DER, one after the other, and the error that ended reading before the end.
pub(crate) fn read_der_certificates(der: &[u8]) -> (Vec<X509>, Option<ErrorStack>) {
    clear_errors();
    let mut found = Vec::new();
    let source = match Source::memory(der) {
        Ok(source) => source,
        Err(queue) => return (found, Some(queue)),
    };
    loop {
        // SAFETY: `source` owns the `BIO`.
        let left = unsafe { sys::BIO_ctrl(source.bio, decl::BIO_CTRL_PENDING, 0, ptr::null_mut()) };
        if left <= 0 {
            return (found, None);
        }
        // SAFETY: `source` owns the `BIO`. The result is null, or its owner frees it.
        unsafe {
            let x = sys::d2i_X509_bio(source.bio, ptr::null_mut());
            if x.is_null() {
                return (found, Some(ErrorStack::get()));
            }
            found.push(X509::from_ptr(x));
        }
    }
}

/// The certificates and revocation lists of a PEM file, in their order. Keys are skipped.
pub(crate) fn read_objects(source: &Source<'_>) -> Result<Vec<StoreObject>, ErrorStack> {
    clear_errors();
    // SAFETY: `source` owns the `BIO`. The result is null, or a list that this function frees.
    let list = unsafe {
        decl::PEM_X509_INFO_read_bio(
            source.bio,
            ptr::null_mut(),
            None,
            // An empty password for encrypted keys, as X509_load_cert_crl_file passes.
            c"".as_ptr().cast_mut().cast(),
        )
    };
    if list.is_null() {
        return Err(ErrorStack::get());
    }
    let mut objects = Vec::new();
    // SAFETY: this function owns the list and its entries, and frees each once. An object that is kept
    // gets a reference before its entry is freed.
    unsafe {
        for i in 0..sys::OPENSSL_sk_num(list.cast()) {
            let info: *mut decl::X509_INFO = sys::OPENSSL_sk_value(list.cast(), i).cast();
            let (x509, crl) = ((*info).x509, (*info).crl);
            if !x509.is_null() {
                sys::X509_up_ref(x509);
                objects.push(StoreObject::Certificate(X509::from_ptr(x509)));
            }
            if !crl.is_null() {
                sys::X509_CRL_up_ref(crl);
                objects.push(StoreObject::Crl(X509Crl::from_ptr(crl)));
            }
            decl::X509_INFO_free(info);
        }
        sys::OPENSSL_sk_free(list.cast());
    }
    Ok(objects)
}

/// The certificates of a PEM file in DER, not decoded. `None` if the file contains blocks of other
/// kinds, headers, or a block that cannot be decoded.
pub(crate) fn read_encoded_certificates(source: &Source<'_>) -> Option<Vec<Vec<u8>>> {
    clear_errors();
    let mut found = Vec::new();
    loop {
        match next_block(source) {
            Ok(Some(der)) => found.push(der),
            Ok(None) => return None,
            Err(queue) => return is_end(&queue).then_some(found),
        }
    }
}

/// The first private key of a PEM file. For an encrypted key, `ask` writes the password into its buffer
/// and returns the length, or `None` if there is no password.
pub(crate) fn read_private_key<F>(source: &Source<'_>, ask: F) -> Result<PKey<Private>, ErrorStack>
where
    F: FnMut(&mut [u8]) -> Option<usize>,
{
    clear_errors();
    let mut callback = PasswordCallback { ask, panic: None };
    // SAFETY: `source` owns the `BIO`. The callback's data is a local variable, which outlives the
    // call. The result is null, or its owner frees it.
    let key = unsafe {
        let key = sys::PEM_read_bio_PrivateKey(
            source.bio,
            ptr::null_mut(),
            Some(ask_password::<F>),
            ptr::from_mut(&mut callback).cast(),
        );
        (!key.is_null()).then(|| PKey::from_ptr(key))
    };
    if let Some(panic) = callback.panic {
        resume_unwind(panic);
    }
    key.ok_or_else(ErrorStack::get)
}

/// The callback for a password, and its panic if there was one.
struct PasswordCallback<F> {
    ask: F,
    panic: Option<Box<dyn Any + Send>>,
}

unsafe extern "C" fn ask_password<F: FnMut(&mut [u8]) -> Option<usize>>(
    buffer: *mut c_char,
    size: c_int,
    _writing: c_int,
    callback: *mut c_void,
) -> c_int {
    // SAFETY: OpenSSL passes a buffer of `size` bytes, and the pointer of `read_private_key`, whose
    // target nothing else uses during that call.
    let (room, callback) = unsafe {
        (
            util::uninit_slice(buffer, size),
            &mut *callback.cast::<PasswordCallback<F>>(),
        )
    };
    let mut password = Zeroizing::new(vec![0; room.len()]);
    match catch_unwind(AssertUnwindSafe(|| (callback.ask)(&mut password))) {
        Ok(Some(length)) if length <= room.len() => {
            for (to, &byte) in room.iter_mut().zip(&password[..length]) {
                to.write(byte);
            }
            c_int::try_from(length).unwrap_or(-1)
        }
        Ok(_) => -1,
        Err(panic) => {
            callback.panic = Some(panic);
            -1
        }
    }
}

/// The first Diffie-Hellman parameters of a PEM file.
pub(crate) fn read_dh_params(source: &Source<'_>) -> Result<Dh<Params>, ErrorStack> {
    clear_errors();
    // SAFETY: `source` owns the `BIO`. The result is null, or its owner frees it.
    unsafe {
        let dh = sys::PEM_read_bio_DHparams(
            source.bio,
            ptr::null_mut(),
            Some(no_password),
            ptr::null_mut(),
        );
        if dh.is_null() {
            Err(ErrorStack::get())
        } else {
            Ok(Dh::from_ptr(dh))
        }
    }
}

/// The content of the next block of a PEM file; `None` if it is not a certificate without headers.
fn next_block(source: &Source<'_>) -> Result<Option<Vec<u8>>, ErrorStack> {
    let (mut name, mut header) = (ptr::null_mut(), ptr::null_mut());
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: `source` owns the `BIO`. The other pointers are to local variables.
    let read =
        unsafe { decl::PEM_read_bio(source.bio, &mut name, &mut header, &mut data, &mut length) };
    if read != 1 {
        return Err(ErrorStack::get());
    }
    // SAFETY: the call returned two strings that end with a NUL and `length` bytes of data. They are
    // freed once, after the last use.
    unsafe {
        let plain = matches!(util::text(name), Some("CERTIFICATE" | "X509 CERTIFICATE"))
            && util::text(header) == Some("");
        let der = plain.then(|| util::slice(data, usize::try_from(length).unwrap_or(0)).to_vec());
        for part in [name.cast(), header.cast(), data.cast()] {
            sys::CRYPTO_free(part, ptr::null(), 0);
        }
        Ok(der)
    }
}
