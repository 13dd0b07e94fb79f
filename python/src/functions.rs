//! The functions of the module.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use pyssl::Asn1Object;

use crate::buffers;
use crate::certificate;
use crate::errors::{self, OrRaise};

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rand_bytes, module)?)?;
    if module.py().version_info() < (3, 12) {
        module.add_function(wrap_pyfunction!(rand_pseudo_bytes, module)?)?;
    }
    module.add_function(wrap_pyfunction!(rand_status, module)?)?;
    module.add_function(wrap_pyfunction!(rand_add, module)?)?;
    module.add_function(wrap_pyfunction!(get_default_verify_paths, module)?)?;
    module.add_function(wrap_pyfunction!(txt2obj, module)?)?;
    module.add_function(wrap_pyfunction!(nid2obj, module)?)?;
    module.add_function(wrap_pyfunction!(_test_decode_cert, module)?)
}

#[pyfunction(name = "RAND_bytes")]
#[pyo3(signature = (n, /))]
fn rand_bytes(py: Python<'_>, n: i32) -> PyResult<Bound<'_, PyBytes>> {
    let n = usize::try_from(n).map_err(|_| PyValueError::new_err("num must be positive"))?;
    Ok(PyBytes::new(py, &pyssl::RAND_bytes(n).or_raise(py)?))
}

/// Python 3.11 still has it. OpenSSL's function of this name is that of `RAND_bytes`.
#[pyfunction(name = "RAND_pseudo_bytes")]
#[pyo3(signature = (n, /))]
fn rand_pseudo_bytes(py: Python<'_>, n: i32) -> PyResult<(Bound<'_, PyBytes>, bool)> {
    errors::deprecated(py, c"ssl.RAND_pseudo_bytes() is deprecated")?;
    Ok((rand_bytes(py, n)?, true))
}

#[pyfunction(name = "RAND_status")]
fn rand_status() -> bool {
    pyssl::RAND_status()
}

#[pyfunction(name = "RAND_add")]
#[pyo3(signature = (string, entropy, /))]
fn rand_add(string: &Bound<'_, PyAny>, entropy: f64) -> PyResult<()> {
    if let Ok(text) = string.cast::<PyString>() {
        pyssl::RAND_add(text.to_str()?, entropy);
    } else {
        pyssl::RAND_add(buffers::bytes(string)?.as_bytes(), entropy);
    }
    Ok(())
}

#[pyfunction]
fn get_default_verify_paths() -> (String, String, String, String) {
    let paths = pyssl::get_default_verify_paths();
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    (
        paths.openssl_cafile_env,
        text(paths.openssl_cafile),
        paths.openssl_capath_env,
        text(paths.openssl_capath),
    )
}

type Tuple = (i32, String, String, Option<String>);

fn tuple(object: Asn1Object) -> Tuple {
    (object.nid, object.shortname, object.longname, object.oid)
}

#[pyfunction]
#[pyo3(signature = (txt, name = false))]
fn txt2obj(py: Python<'_>, txt: &str, name: bool) -> PyResult<Tuple> {
    let object = if name {
        Asn1Object::fromname(txt)
    } else {
        Asn1Object::new(txt)
    };
    object.map(tuple).or_raise(py)
}

#[pyfunction]
#[pyo3(signature = (nid, /))]
fn nid2obj(py: Python<'_>, nid: i32) -> PyResult<Tuple> {
    Asn1Object::fromnid(nid).map(tuple).or_raise(py)
}

#[pyfunction]
#[pyo3(signature = (path, /))]
fn _test_decode_cert(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let Ok(pem) = std::fs::read(path) else {
        return Err(errors::failed(py, "Can't open file"));
    };
    let certificate = pyssl::Certificate::from_pem(pem).or_raise(py)?;
    certificate::dict(py, &certificate.get_info().or_raise(py)?)
}
