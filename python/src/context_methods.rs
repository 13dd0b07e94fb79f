//! The methods of `_SSLContext`.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use pyo3::{PyTraverseError, PyVisit};
use pyssl::{
    CertChain, Options, Protocol, SslContext, TlsVersion, VerifyFlags, VerifyLocations, VerifyMode,
};

use crate::bio::MemoryBio;
use crate::buffers;
use crate::callbacks;
use crate::certificate;
use crate::connection::{Connection, Wrap};
use crate::context::Context;
use crate::errors::{OrRaise, deprecated};

fn path(value: Option<&Bound<'_, PyAny>>, otherwise: &str) -> PyResult<Option<PathBuf>> {
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return Ok(None);
    };
    let encoded = value.py().import("os")?.call_method1("fsencode", (value,));
    let encoded = encoded.map_err(|error| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            PyTypeError::new_err(otherwise.to_owned())
        } else {
            error
        }
    })?;
    use std::os::unix::ffi::OsStringExt;
    let bytes: Vec<u8> = encoded.extract()?;
    Ok(Some(std::ffi::OsString::from_vec(bytes).into()))
}

fn number(value: i64) -> PyResult<i32> {
    i32::try_from(value)
        .map_err(|_| PyValueError::new_err(format!("Unsupported TLS/SSL version 0x{value:x}")))
}

#[pymethods]
impl Context {
    #[new]
    #[pyo3(signature = (protocol, /))]
    fn new(py: Python<'_>, protocol: i32) -> PyResult<Context> {
        let Ok(protocol) = Protocol::try_from(protocol) else {
            return Err(PyValueError::new_err(
                "invalid or unsupported protocol version",
            ));
        };
        match protocol {
            Protocol::PROTOCOL_TLS => deprecated(py, c"ssl.PROTOCOL_TLS is deprecated")?,
            Protocol::PROTOCOL_TLSv1 => deprecated(py, c"ssl.PROTOCOL_TLSv1 is deprecated")?,
            Protocol::PROTOCOL_TLSv1_1 => deprecated(py, c"ssl.PROTOCOL_TLSv1_1 is deprecated")?,
            Protocol::PROTOCOL_TLSv1_2 => deprecated(py, c"ssl.PROTOCOL_TLSv1_2 is deprecated")?,
            _ => {}
        }
        Ok(Context {
            engine: SslContext::new(protocol).or_raise(py)?,
            callbacks: Arc::default(),
        })
    }

    #[pyo3(signature = (sock, server_side, server_hostname = None, *, owner = None, session = None))]
    fn _wrap_socket(
        this: &Bound<'_, Self>,
        sock: &Bound<'_, PyAny>,
        server_side: bool,
        server_hostname: Option<String>,
        owner: Option<&Bound<'_, PyAny>>,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Connection> {
        let context = this;
        Wrap {
            context,
            server_side,
            server_hostname,
            owner,
            session,
        }
        .socket(sock)
    }

    #[pyo3(signature = (incoming, outgoing, server_side, server_hostname = None, *, owner = None, session = None))]
    #[allow(clippy::too_many_arguments, reason = "the C module's arguments")]
    fn _wrap_bio(
        this: &Bound<'_, Self>,
        incoming: &Bound<'_, MemoryBio>,
        outgoing: &Bound<'_, MemoryBio>,
        server_side: bool,
        server_hostname: Option<String>,
        owner: Option<&Bound<'_, PyAny>>,
        session: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Connection> {
        let context = this;
        Wrap {
            context,
            server_side,
            server_hostname,
            owner,
            session,
        }
        .bios(incoming.get(), outgoing.get())
    }

    #[getter]
    fn protocol(&self) -> i32 {
        self.engine.protocol() as i32
    }

    #[getter]
    fn security_level(&self) -> u32 {
        self.engine.security_level()
    }

    #[getter]
    fn check_hostname(&self) -> bool {
        self.engine.check_hostname()
    }

    #[setter]
    fn set_check_hostname(&self, py: Python<'_>, on: &Bound<'_, PyAny>) -> PyResult<()> {
        self.engine.set_check_hostname(on.is_truthy()?).or_raise(py)
    }

    #[getter(_host_flags)]
    fn host_flags(&self) -> u32 {
        self.engine.host_flags()
    }

    #[setter(_host_flags)]
    fn set_host_flags(&self, py: Python<'_>, flags: u32) -> PyResult<()> {
        self.engine.set_host_flags(flags).or_raise(py)
    }

    #[getter]
    fn verify_mode(&self) -> i32 {
        self.engine.verify_mode() as i32
    }

    #[setter]
    fn set_verify_mode(&self, py: Python<'_>, mode: i32) -> PyResult<()> {
        let mode = VerifyMode::try_from(mode).or_raise(py)?;
        self.engine.set_verify_mode(mode).or_raise(py)
    }

    #[getter]
    fn verify_flags(&self) -> u64 {
        self.engine.verify_flags().bits()
    }

    #[setter]
    fn set_verify_flags(&self, py: Python<'_>, flags: u64) -> PyResult<()> {
        let flags = VerifyFlags::from_bits_retain(flags);
        self.engine.set_verify_flags(flags).or_raise(py)
    }

    #[getter]
    fn options(&self) -> u64 {
        self.engine.options().bits()
    }

    #[setter]
    fn set_options(&self, py: Python<'_>, options: u64) -> PyResult<()> {
        let options = Options::from_bits_retain(options);
        let versions = Options::OP_NO_SSLv2
            | Options::OP_NO_SSLv3
            | Options::OP_NO_TLSv1
            | Options::OP_NO_TLSv1_1
            | Options::OP_NO_TLSv1_2
            | Options::OP_NO_TLSv1_3;
        if options
            .difference(self.engine.options())
            .intersects(versions)
        {
            deprecated(py, c"ssl.OP_NO_SSL*/ssl.OP_NO_TLS* options are deprecated")?;
        }
        self.engine.set_options(options).or_raise(py)
    }

    #[getter]
    fn minimum_version(&self) -> i32 {
        self.engine.minimum_version() as i32
    }

    #[setter]
    fn set_minimum_version(&self, py: Python<'_>, value: i64) -> PyResult<()> {
        let version = version(py, number(value)?)?;
        self.engine.set_minimum_version(version).or_raise(py)
    }

    #[getter]
    fn maximum_version(&self) -> i32 {
        self.engine.maximum_version() as i32
    }

    #[setter]
    fn set_maximum_version(&self, py: Python<'_>, value: i64) -> PyResult<()> {
        let version = version(py, number(value)?)?;
        self.engine.set_maximum_version(version).or_raise(py)
    }

    #[getter]
    fn num_tickets(&self) -> usize {
        self.engine.num_tickets()
    }

    #[setter]
    fn set_num_tickets(&self, py: Python<'_>, value: i64) -> PyResult<()> {
        let tickets = usize::try_from(value)
            .map_err(|_| PyValueError::new_err("value must be non-negative"))?;
        self.engine.set_num_tickets(tickets).or_raise(py)
    }

    #[getter]
    fn post_handshake_auth(&self) -> bool {
        self.engine.post_handshake_auth()
    }

    #[setter]
    fn set_post_handshake_auth(&self, py: Python<'_>, on: &Bound<'_, PyAny>) -> PyResult<()> {
        self.engine
            .set_post_handshake_auth(on.is_truthy()?)
            .or_raise(py)
    }

    #[getter]
    fn sni_callback<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.callbacks.sni.get(py)
    }

    #[setter]
    fn set_sni_callback(&self, py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        if self.engine.protocol() == Protocol::PROTOCOL_TLS_CLIENT {
            return self.engine.clear_sni_callback().or_raise(py);
        }
        let callback = callbacks::callable(value, "not a callable object")?;
        if callback.is_some() {
            let callbacks = Arc::clone(&self.callbacks);
            self.engine
                .set_sni_callback(move |request| callbacks::server_name(&callbacks, request))
        } else {
            self.engine.clear_sni_callback()
        }
        .or_raise(py)?;
        self.callbacks.sni.set(callback);
        Ok(())
    }

    #[getter(_msg_callback)]
    fn msg_callback<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.callbacks.message.get(py)
    }

    #[setter(_msg_callback)]
    fn set_msg_callback(&self, py: Python<'_>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let callback = callbacks::callable(value, "not a callable object")?;
        if callback.is_some() {
            let callbacks = Arc::clone(&self.callbacks);
            self.engine
                .set_message_callback(move |message| callbacks::message(&callbacks, message))
        } else {
            self.engine.clear_message_callback()
        }
        .or_raise(py)?;
        self.callbacks.message.set(callback);
        Ok(())
    }

    #[pyo3(signature = (callback))]
    fn set_psk_client_callback(
        &self,
        py: Python<'_>,
        callback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        // As in the C module, the error for the wrong role precedes the check of the argument.
        if self.engine.protocol() == Protocol::PROTOCOL_TLS_SERVER {
            return self.engine.clear_psk_client_callback().or_raise(py);
        }
        let callback = callbacks::callable(callback, "callback must be callable")?;
        if callback.is_some() {
            let callbacks = Arc::clone(&self.callbacks);
            self.engine
                .set_psk_client_callback(move |hint| Ok(callbacks::client_key(&callbacks, hint)))
        } else {
            self.engine.clear_psk_client_callback()
        }
        .or_raise(py)?;
        self.callbacks.psk_client.set(callback);
        Ok(())
    }

    #[pyo3(signature = (callback, identity_hint = None))]
    fn set_psk_server_callback(
        &self,
        py: Python<'_>,
        callback: Option<&Bound<'_, PyAny>>,
        identity_hint: Option<&str>,
    ) -> PyResult<()> {
        if self.engine.protocol() == Protocol::PROTOCOL_TLS_CLIENT {
            return self.engine.clear_psk_server_callback().or_raise(py);
        }
        let callback = callbacks::callable(callback, "callback must be callable")?;
        if callback.is_some() {
            let callbacks = Arc::clone(&self.callbacks);
            let ask = move |identity: Option<&str>| Ok(callbacks::server_key(&callbacks, identity));
            self.engine.set_psk_server_callback(ask, identity_hint)
        } else {
            self.engine.clear_psk_server_callback()
        }
        .or_raise(py)?;
        self.callbacks.psk_server.set(callback);
        Ok(())
    }

    #[getter]
    fn keylog_filename<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.callbacks.keylog_filename.get(py)
    }

    #[setter]
    fn set_keylog_filename(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let name: Option<PathBuf> = value.extract()?;
        self.engine
            .set_keylog_filename(name.as_deref())
            .or_raise(py)?;
        let kept = (!value.is_none()).then(|| value.clone().unbind());
        self.callbacks.keylog_filename.set(kept);
        Ok(())
    }

    #[pyo3(signature = (certfile, keyfile = None, password = None))]
    fn load_cert_chain(
        &self,
        py: Python<'_>,
        certfile: &Bound<'_, PyAny>,
        keyfile: Option<&Bound<'_, PyAny>>,
        password: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let Some(certfile) = path(Some(certfile), CERTFILE)? else {
            return Err(PyTypeError::new_err(CERTFILE));
        };
        let mut chain = CertChain::new(certfile);
        if let Some(keyfile) = path(keyfile, "keyfile should be a valid filesystem path")? {
            chain = chain.keyfile(keyfile);
        }
        if let Some(password) = password.filter(|password| !password.is_none()) {
            chain = chain.password(callbacks::password(password)?);
        }
        py.detach(|| self.engine.load_cert_chain(chain))
            .or_raise(py)
    }

    #[pyo3(signature = (cafile = None, capath = None, cadata = None))]
    fn load_verify_locations(
        &self,
        py: Python<'_>,
        cafile: Option<&Bound<'_, PyAny>>,
        capath: Option<&Bound<'_, PyAny>>,
        cadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let mut locations = VerifyLocations::new();
        if let Some(cafile) = path(cafile, "cafile should be a valid filesystem path")? {
            locations = locations.cafile(cafile);
        }
        if let Some(capath) = path(capath, "capath should be a valid filesystem path")? {
            locations = locations.capath(capath);
        }
        if let Some(cadata) = cadata.filter(|cadata| !cadata.is_none()) {
            let wrong = "cadata should be an ASCII string or a bytes-like object";
            locations = if let Ok(text) = cadata.cast::<PyString>() {
                let text = text.to_string_lossy();
                if !text.is_ascii() {
                    return Err(PyTypeError::new_err(wrong));
                }
                locations.cadata(&*text)
            } else {
                let data = buffers::bytes(cadata).map_err(|_| PyTypeError::new_err(wrong))?;
                locations.cadata(data.as_bytes())
            };
        }
        py.detach(|| self.engine.load_verify_locations(locations))
            .or_raise(py)
    }

    fn set_default_verify_paths(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.engine.set_default_verify_paths())
            .or_raise(py)
    }

    #[pyo3(signature = (path, /))]
    fn load_dh_params(&self, py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<()> {
        let wrong = "expected str, bytes or os.PathLike object";
        let Some(path) = self::path(Some(path), wrong)? else {
            return Err(PyTypeError::new_err(wrong));
        };
        py.detach(|| self.engine.load_dh_params(path)).or_raise(py)
    }

    #[pyo3(signature = (name, /))]
    fn set_ecdh_curve(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        let wrong = "expected str, bytes or os.PathLike object";
        let Some(name) = path(Some(name), wrong)? else {
            return Err(PyTypeError::new_err(wrong));
        };
        self.engine
            .set_ecdh_curve(&name.to_string_lossy())
            .or_raise(py)
    }

    #[pyo3(signature = (cipherlist, /))]
    fn set_ciphers(&self, py: Python<'_>, cipherlist: &str) -> PyResult<()> {
        self.engine.set_ciphers(cipherlist).or_raise(py)
    }

    fn get_ciphers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for cipher in self.engine.get_ciphers().or_raise(py)? {
            let dict = PyDict::new(py);
            dict.set_item("id", cipher.id)?;
            dict.set_item("name", cipher.name)?;
            dict.set_item("protocol", cipher.protocol)?;
            dict.set_item("description", &*cipher.description)?;
            dict.set_item("strength_bits", cipher.strength_bits)?;
            dict.set_item("alg_bits", cipher.alg_bits)?;
            dict.set_item("aead", cipher.aead)?;
            dict.set_item("symmetric", cipher.symmetric)?;
            dict.set_item("digest", cipher.digest)?;
            dict.set_item("kea", cipher.kea)?;
            dict.set_item("auth", cipher.auth)?;
            list.append(dict)?;
        }
        Ok(list)
    }

    /// The names in ALPN's wire format, as `ssl.py` encodes them.
    #[pyo3(signature = (protos, /))]
    fn _set_alpn_protocols(&self, protos: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = protos.py();
        let wire = buffers::bytes(protos)?;
        let mut rest = wire.as_bytes();
        let mut names = Vec::new();
        while let Some((&length, tail)) = rest.split_first() {
            let (name, tail) = tail
                .split_at_checked(length.into())
                .ok_or_else(|| PyValueError::new_err("a name is truncated"))?;
            names.push(String::from_utf8_lossy(name));
            rest = tail;
        }
        self.engine.set_alpn_protocols(&names).or_raise(py)
    }

    fn session_stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, count) in self.engine.session_stats().items() {
            dict.set_item(name, count)?;
        }
        Ok(dict)
    }

    fn cert_store_stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = py.detach(|| self.engine.cert_store_stats());
        let dict = PyDict::new(py);
        dict.set_item("x509", stats.x509)?;
        dict.set_item("crl", stats.crl)?;
        dict.set_item("x509_ca", stats.x509_ca)?;
        Ok(dict)
    }

    #[pyo3(signature = (binary_form = false))]
    fn get_ca_certs<'py>(
        &self,
        py: Python<'py>,
        binary_form: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for cert in py.detach(|| self.engine.get_ca_certs()) {
            if binary_form {
                list.append(PyBytes::new(py, &cert.to_der().or_raise(py)?))?;
            } else {
                list.append(certificate::dict(py, &cert.get_info().or_raise(py)?)?)?;
            }
        }
        Ok(list)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callbacks.visit(&visit)
    }

    fn __clear__(&self) {
        self.callbacks.clear();
    }
}

const CERTFILE: &str = "certfile should be a valid filesystem path";

fn version(py: Python<'_>, number: i32) -> PyResult<TlsVersion> {
    let version = TlsVersion::try_from(number).or_raise(py)?;
    match version {
        TlsVersion::SSLv3 => deprecated(py, c"ssl.TLSVersion.SSLv3 is deprecated")?,
        TlsVersion::TLSv1 => deprecated(py, c"ssl.TLSVersion.TLSv1 is deprecated")?,
        TlsVersion::TLSv1_1 => deprecated(py, c"ssl.TLSVersion.TLSv1_1 is deprecated")?,
        _ => {}
    }
    Ok(version)
}
