//! `Certificate`, and the dict of `getpeercert()`.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use pyssl::{AttributeValue, CertDict, DistinguishedName, SubjectAltName};

use crate::errors::OrRaise;

pub(crate) const ENCODING_PEM: i32 = 1;
pub(crate) const ENCODING_DER: i32 = 2;

#[pyclass(module = "_ssl", frozen, immutable_type)]
pub(crate) struct Certificate(pub(crate) pyssl::Certificate);

#[pymethods]
impl Certificate {
    #[pyo3(signature = (format = ENCODING_PEM))]
    fn public_bytes<'py>(&self, py: Python<'py>, format: i32) -> PyResult<Bound<'py, PyAny>> {
        match format {
            ENCODING_PEM => {
                let text = self.0.to_pem().or_raise(py)?;
                Ok(PyString::new(py, &text).into_any())
            }
            ENCODING_DER => {
                let der = self.0.to_der().or_raise(py)?;
                Ok(PyBytes::new(py, &der).into_any())
            }
            _ => Err(PyValueError::new_err("Unsupported format")),
        }
    }

    fn get_info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict(py, &self.0.get_info().or_raise(py)?)
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let same = match (other.cast::<Certificate>(), op) {
            (Ok(other), CompareOp::Eq) => self.0 == other.get().0,
            (Ok(other), CompareOp::Ne) => self.0 != other.get().0,
            _ => return Ok(py.NotImplemented()),
        };
        Ok(same.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        format!("<_ssl.Certificate '{}'>", self.0)
    }
}

pub(crate) fn dict<'py>(py: Python<'py>, cert: &CertDict) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    if cert.is_empty() {
        return Ok(dict);
    }
    dict.set_item("subject", name(py, cert.subject())?)?;
    dict.set_item("issuer", name(py, cert.issuer())?)?;
    dict.set_item("version", cert.version())?;
    dict.set_item("serialNumber", cert.serial_number())?;
    dict.set_item("notBefore", cert.not_before())?;
    dict.set_item("notAfter", cert.not_after())?;
    let names = cert.subject_alt_name();
    if !names.is_empty() {
        let names: Vec<_> = names
            .iter()
            .map(|n| alt_name(py, n))
            .collect::<PyResult<_>>()?;
        dict.set_item("subjectAltName", PyTuple::new(py, names)?)?;
    }
    for (key, uris) in [
        ("OCSP", cert.ocsp()),
        ("caIssuers", cert.ca_issuers()),
        ("crlDistributionPoints", cert.crl_distribution_points()),
    ] {
        if !uris.is_empty() {
            dict.set_item(key, PyTuple::new(py, uris)?)?;
        }
    }
    Ok(dict)
}

fn name<'py>(py: Python<'py>, name: &DistinguishedName) -> PyResult<Bound<'py, PyTuple>> {
    let pair = |(key, value): &(String, AttributeValue)| match value {
        AttributeValue::Text(text) => (key, text).into_pyobject(py),
        AttributeValue::Bytes(bytes) => (key, PyBytes::new(py, bytes)).into_pyobject(py),
    };
    let rdns = name.iter().map(|rdn| {
        let pairs: Vec<_> = rdn.iter().map(pair).collect::<PyResult<_>>()?;
        PyTuple::new(py, pairs)
    });
    PyTuple::new(py, rdns.collect::<PyResult<Vec<_>>>()?)
}

fn alt_name<'py>(py: Python<'py>, alt: &SubjectAltName) -> PyResult<Bound<'py, PyTuple>> {
    match alt {
        SubjectAltName::DirName(dir) => (alt.kind(), name(py, dir)?).into_pyobject(py),
        _ => (alt.kind(), alt.value()).into_pyobject(py),
    }
}
