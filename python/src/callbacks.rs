//! Calls Python's callbacks from the closures that are set as the library's callbacks.
//!
//! These closures hold [`Callbacks`]. They run in the thread that drives a connection, and
//! [`Current`] knows this connection.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyssl::{
    AlertDescription, BoxError, Direction, MessageKind, SniAction, SniRequest, TlsMessage,
};

use crate::buffers;
use crate::connection::Current;
use crate::context::Callbacks;

/// Passes an exception of a callback to `sys.unraisablehook`, as the C module does where it cannot
/// raise it.
fn unraisable(py: Python<'_>, error: PyErr, callback: &Bound<'_, PyAny>) {
    error.write_unraisable(py, Some(callback));
}

pub(crate) fn server_name(
    callbacks: &Arc<Callbacks>,
    request: &SniRequest<'_>,
) -> Result<SniAction, BoxError> {
    Python::attach(|py| {
        let Some(callback) = callbacks.sni.get(py) else {
            return Ok(SniAction::Continue);
        };
        let asker = Current::get(py).and_then(|connection| {
            let owner = connection.get().face_of_python(&connection)?;
            Some((owner, connection))
        });
        let Some((owner, connection)) = asker else {
            return Ok(SniAction::Alert(AlertDescription::INTERNAL_ERROR));
        };
        let context = connection.get().context_object(py);
        let answer = callback.call1((owner, request.server_name(), context));
        let chosen = connection.get().take_chosen_context();
        let alert = match answer {
            Ok(answer) if answer.is_none() => {
                return Ok(chosen.map_or(SniAction::Continue, SniAction::Switch));
            }
            Ok(answer) => answer
                .extract::<u8>()
                .map(AlertDescription)
                .unwrap_or_else(|error| {
                    unraisable(py, error, &callback);
                    AlertDescription::INTERNAL_ERROR
                }),
            Err(error) => {
                unraisable(py, error, &callback);
                AlertDescription::HANDSHAKE_FAILURE
            }
        };
        Ok(SniAction::Alert(alert))
    })
}

pub(crate) fn message(
    callbacks: &Arc<Callbacks>,
    message: &TlsMessage<'_>,
) -> Result<(), BoxError> {
    Python::attach(|py| {
        let (Some(callback), Some(connection)) = (callbacks.message.get(py), Current::get(py))
        else {
            return Ok(());
        };
        let Some(owner) = connection.get().face_of_python(&connection) else {
            return Ok(());
        };
        let direction = match message.direction() {
            Direction::Read => "read",
            Direction::Write => "write",
        };
        let kind = match message.kind() {
            MessageKind::Message(kind) => kind.0,
            MessageKind::Alert(kind) => kind.0,
            MessageKind::Header(kind) | MessageKind::Inner(kind) => kind.0,
            _ => 0,
        };
        let data = PyBytes::new(py, message.data());
        let args = (
            owner,
            direction,
            message.version(),
            message.content_type().0,
            kind,
            data,
        );
        callback.call1(args).map(drop).map_err(BoxError::from)
    })
}

/// Calls the PSK callback of a client, and returns the identity and the key. If the callback raises
/// an exception, it is reported, and the key is empty.
pub(crate) fn client_key(
    callbacks: &Arc<Callbacks>,
    hint: Option<&str>,
) -> (Option<String>, Vec<u8>) {
    Python::attach(|py| {
        let Some(callback) = callbacks.psk_client.get(py) else {
            return (None, Vec::new());
        };
        let answer = callback.call1((hint,)).and_then(|answer| {
            let (identity, key): (Option<String>, Bound<'_, PyAny>) = answer.extract()?;
            Ok((identity, key_bytes(&key)?))
        });
        answer.unwrap_or_else(|error| {
            unraisable(py, error, &callback);
            (None, Vec::new())
        })
    })
}

pub(crate) fn server_key(callbacks: &Arc<Callbacks>, identity: Option<&str>) -> Vec<u8> {
    Python::attach(|py| {
        let Some(callback) = callbacks.psk_server.get(py) else {
            return Vec::new();
        };
        let answer = callback.call1((identity,)).and_then(|key| key_bytes(&key));
        answer.unwrap_or_else(|error| {
            unraisable(py, error, &callback);
            Vec::new()
        })
    })
}

fn key_bytes(key: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    Ok(buffers::bytes(key)?.as_bytes().to_vec())
}

/// Converts the password argument of `load_cert_chain`.
pub(crate) fn password(given: &Bound<'_, PyAny>) -> PyResult<pyssl::Password> {
    if given.is_callable() {
        let callback = given.clone().unbind();
        return Ok(pyssl::Password::callback(move || {
            Python::attach(|py| {
                let answer = callback.bind(py).call0()?;
                text_or_bytes(&answer, "password callback must return a string")
            })
            .map_err(BoxError::from)
        }));
    }
    Ok(text_or_bytes(given, "password should be a string or callable")?.into())
}

fn text_or_bytes(value: &Bound<'_, PyAny>, otherwise: &'static str) -> PyResult<Vec<u8>> {
    if let Ok(text) = value.extract::<String>() {
        return Ok(text.into_bytes());
    }
    let bytes = value.extract::<Vec<u8>>().ok().filter(|_| {
        value.is_instance_of::<PyBytes>() || value.is_instance_of::<pyo3::types::PyByteArray>()
    });
    bytes.ok_or_else(|| PyTypeError::new_err(otherwise))
}

/// Checks that an argument is `None` or a callable.
pub(crate) fn callable(
    value: Option<&Bound<'_, PyAny>>,
    otherwise: &'static str,
) -> PyResult<Option<Py<PyAny>>> {
    match value.filter(|value| !value.is_none()) {
        None => Ok(None),
        Some(value) if value.is_callable() => Ok(Some(value.clone().unbind())),
        Some(_) => Err(PyTypeError::new_err(otherwise)),
    }
}
