//! `_SSLSocket`: a connection over a socket or over two `MemoryBIO`s.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit};
use pyssl::{SslContext, SslObject, SslSocket, WrapBio, WrapSocket};

use crate::bio::MemoryBio;
use crate::buffers::Target;
use crate::certificate::{self, Certificate};
use crate::context::Context;
use crate::descriptor::PythonDescriptor;
use crate::errors::{self, OrRaise};
use crate::session::{self, Session};

/// The library's type for the connection: a socket or an object.
enum Face {
    Socket(Box<SslSocket>, Arc<PythonDescriptor>),
    Object(SslObject),
}

/// The states of Python's socket in which the C module refuses an operation. In other states it runs the operation, and
/// a system call may fail.
#[derive(Clone, Copy)]
enum Refusal {
    Never,
    /// The socket no longer exists.
    Gone,
    /// The socket no longer exists, or is closed or detached and has a time-out.
    ClosedWithTimeout,
    /// The socket no longer exists, or is closed or detached.
    Closed,
}

#[pyclass(name = "_SSLSocket", module = "_ssl", frozen, immutable_type)]
pub(crate) struct Connection {
    face: Face,
    /// Python's socket. The reference is weak, as in the C module, because the socket owns this
    /// object.
    socket: Option<Py<PyWeakrefReference>>,
    owner: Mutex<Option<Py<PyWeakrefReference>>>,
    context: Mutex<Option<Py<Context>>>,
    /// The context that an SNI callback has selected.
    chosen: Mutex<Option<SslContext>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls a getter of the `SslSocket` or the `SslObject`. It detaches from the interpreter, since a
/// getter may wait for the connection's lock.
macro_rules! ask {
    ($self:ident, $py:ident, $face:ident => $question:expr) => {
        $py.detach(|| match &$self.face {
            Face::Socket($face, _) => $question,
            Face::Object($face) => $question,
        })
    };
}

fn weak(object: &Bound<'_, PyAny>) -> PyResult<Py<PyWeakrefReference>> {
    PyWeakrefReference::new(object).map(Bound::unbind)
}

/// The arguments that `_wrap_socket` and `_wrap_bio` share.
pub(crate) struct Wrap<'a, 'py> {
    pub(crate) context: &'a Bound<'py, Context>,
    pub(crate) server_side: bool,
    pub(crate) server_hostname: Option<String>,
    pub(crate) owner: Option<&'a Bound<'py, PyAny>>,
    pub(crate) session: Option<&'a Bound<'py, PyAny>>,
}

impl Wrap<'_, '_> {
    pub(crate) fn socket(mut self, socket: &Bound<'_, PyAny>) -> PyResult<Connection> {
        let py = socket.py();
        let options = WrapSocket::new()
            .server_side(self.server_side)
            .server_hostname(self.server_hostname.take())
            .do_handshake_on_connect(false)
            .suppress_ragged_eofs(false)
            .session(session::given(self.session)?);
        let descriptor = Arc::new(PythonDescriptor::of(socket)?);
        let engine = &self.context.get().engine;
        let shared = Arc::clone(&descriptor);
        let face = py
            .detach(|| engine.wrap_shared_socket(shared, options))
            .or_raise(py)?;
        self.connection(
            Face::Socket(Box::new(face), descriptor),
            Some(weak(socket)?),
        )
    }

    pub(crate) fn bios(
        mut self,
        incoming: &MemoryBio,
        outgoing: &MemoryBio,
    ) -> PyResult<Connection> {
        let options = WrapBio::new()
            .server_side(self.server_side)
            .server_hostname(self.server_hostname.take())
            .session(session::given(self.session)?);
        let engine = &self.context.get().engine;
        let face = engine
            .wrap_bio(&incoming.0, &outgoing.0, options)
            .or_raise(self.context.py())?;
        self.connection(Face::Object(face), None)
    }

    fn connection(
        self,
        face: Face,
        socket: Option<Py<PyWeakrefReference>>,
    ) -> PyResult<Connection> {
        let owner = self.owner.filter(|owner| !owner.is_none());
        Ok(Connection {
            face,
            socket,
            owner: Mutex::new(owner.map(weak).transpose()?),
            context: Mutex::new(Some(self.context.clone().unbind())),
            chosen: Mutex::new(None),
        })
    }
}

impl Connection {
    /// The object that Python's callbacks get as the connection: the owner if there is one, or else
    /// the socket, or else this object. `None` if the owner or the socket no longer exists.
    pub(crate) fn face_of_python<'py>(
        &self,
        this: &Bound<'py, Connection>,
    ) -> Option<Bound<'py, PyAny>> {
        let py = this.py();
        let owner = lock(&self.owner).as_ref().map(|owner| owner.clone_ref(py));
        match owner.or_else(|| self.socket.as_ref().map(|socket| socket.clone_ref(py))) {
            Some(reference) => reference.bind(py).upgrade(),
            None => Some(this.clone().into_any()),
        }
    }

    pub(crate) fn context_object(&self, py: Python<'_>) -> Option<Py<Context>> {
        lock(&self.context)
            .as_ref()
            .map(|context| context.clone_ref(py))
    }

    pub(crate) fn take_chosen_context(&self) -> Option<SslContext> {
        lock(&self.chosen).take()
    }

    /// Returns Python's socket, and copies its time-out to the library's socket.
    fn prepare<'py>(
        &self,
        py: Python<'py>,
        refusal: Refusal,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (Face::Socket(face, descriptor), Some(socket)) = (&self.face, &self.socket) else {
            return Ok(None);
        };
        let Some(socket) = socket.bind(py).upgrade() else {
            return match refusal {
                Refusal::Never => Ok(None),
                _ => Err(errors::gone(py)),
            };
        };
        let seconds: Option<f64> = socket.call_method0("gettimeout")?.extract()?;
        let is_released = socket.call_method0("fileno")?.extract::<i32>()? < 0;
        if is_released {
            match refusal {
                Refusal::Closed => return Err(errors::gone(py)),
                Refusal::ClosedWithTimeout if seconds > Some(0.0) => {
                    return Err(errors::closed(py));
                }
                _ => descriptor.released(py),
            }
        }
        let timeout = seconds.map(Duration::from_secs_f64);
        if face.gettimeout() != timeout {
            // With a closed descriptor, the system call of the operation will fail, if there is one.
            let outcome = face.settimeout(timeout);
            outcome.or_raise(py).or_else(|error| match is_released {
                true => Ok(()),
                false => Err(error),
            })?;
        }
        Ok(Some(socket))
    }

    /// Runs an operation that may wait and run callbacks. Also returns Python's socket.
    fn run<'py, T: Send>(
        this: &Bound<'py, Connection>,
        refusal: Refusal,
        operation: impl FnOnce(&Face) -> pyssl::Result<T> + Send,
    ) -> PyResult<(pyssl::Result<T>, Option<Bound<'py, PyAny>>)> {
        let connection = this.get();
        let socket = connection.prepare(this.py(), refusal)?;
        let _current = Current::enter(this);
        let outcome = this.py().detach(|| operation(&connection.face));
        Ok((outcome, socket))
    }

    /// Runs an operation that receives or sends data.
    fn transfer<T: Send>(
        this: &Bound<'_, Connection>,
        refusal: Refusal,
        operation: impl FnOnce(&Face) -> pyssl::Result<T> + Send,
    ) -> PyResult<T> {
        let py = this.py();
        match Connection::run(this, refusal, operation)?.0 {
            Err(pyssl::Error::Os(_)) if errors::failures_are_ends(py) => {
                Err(errors::ragged_eof(py))
            }
            outcome => outcome.or_raise(py),
        }
    }
}

#[pymethods]
impl Connection {
    fn do_handshake(this: &Bound<'_, Self>) -> PyResult<()> {
        let (outcome, _) = Connection::run(this, Refusal::Gone, |face| match face {
            Face::Socket(face, _) => face.do_handshake(),
            Face::Object(face) => face.do_handshake(),
        })?;
        outcome.or_raise(this.py())
    }

    #[pyo3(signature = (size, buffer = None, /))]
    fn read<'py>(
        this: &Bound<'py, Self>,
        size: i32,
        buffer: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let read = |limit: usize| {
            Connection::transfer(this, Refusal::Gone, move |face| match face {
                Face::Socket(face, _) => face.recv(limit),
                Face::Object(face) => face.read(limit),
            })
        };
        let Some(buffer) = buffer else {
            let size = usize::try_from(size)
                .map_err(|_| PyValueError::new_err("size should not be negative"))?;
            return Ok(PyBytes::new(py, &read(size)?).into_any());
        };
        let target = Target::new(buffer)?;
        let room = target.len()?;
        let limit = match usize::try_from(size) {
            Ok(size @ 1..) => size.min(room),
            _ => room,
        };
        let data = read(limit)?;
        target.fill(&data)?;
        Ok(data.len().into_pyobject(py)?.into_any())
    }

    #[pyo3(signature = (b, /))]
    fn write(this: &Bound<'_, Self>, b: &Bound<'_, PyAny>) -> PyResult<usize> {
        let data = crate::buffers::bytes(b)?;
        let data = data.as_bytes();
        Connection::transfer(this, Refusal::ClosedWithTimeout, |face| match face {
            Face::Socket(face, _) => face.send(data),
            Face::Object(face) => face.write(data),
        })
    }

    fn shutdown<'py>(this: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (outcome, socket) = Connection::run(this, Refusal::Closed, |face| match face {
            Face::Socket(face, _) => face.unwrap(),
            Face::Object(face) => face.unwrap(),
        })?;
        outcome.or_raise(this.py())?;
        Ok(socket)
    }

    fn pending(this: &Bound<'_, Self>) -> usize {
        // `pending` may decrypt a record, which may run callbacks.
        let _current = Current::enter(this);
        let connection = this.get();
        let py = this.py();
        ask!(connection, py, face => face.pending())
    }

    fn verify_client_post_handshake(this: &Bound<'_, Self>) -> PyResult<()> {
        // The C module does not check the socket here. `run` copies the socket's time-out, which limits the wait for
        // another thread's write.
        let (outcome, _) = Connection::run(this, Refusal::Never, |face| match face {
            Face::Socket(face, _) => face.verify_client_post_handshake(),
            Face::Object(face) => face.verify_client_post_handshake(),
        })?;
        outcome.or_raise(this.py())
    }

    #[pyo3(signature = (der = false, /))]
    fn getpeercert<'py>(&self, py: Python<'py>, der: bool) -> PyResult<Option<Bound<'py, PyAny>>> {
        if der {
            let der = ask!(self, py, face => face.getpeercert_binary()).or_raise(py)?;
            return Ok(der.map(|der| PyBytes::new(py, &der).into_any()));
        }
        let dict = ask!(self, py, face => face.getpeercert()).or_raise(py)?;
        let dict = dict.map(|dict| certificate::dict(py, &dict)).transpose()?;
        Ok(dict.map(Bound::<PyDict>::into_any))
    }

    fn get_verified_chain<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let chain = py.detach(|| match &self.face {
            Face::Socket(face, _) => face.get_verified_chain(),
            Face::Object(face) => Ok(face.get_verified_chain()),
        });
        list(py, chain.or_raise(py)?)
    }

    fn get_unverified_chain<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let chain = py.detach(|| match &self.face {
            Face::Socket(face, _) => face.get_unverified_chain(),
            Face::Object(face) => Ok(face.get_unverified_chain()),
        });
        list(py, chain.or_raise(py)?)
    }

    fn cipher(&self, py: Python<'_>) -> Option<(&'static str, &'static str, i32)> {
        ask!(self, py, face => face.cipher())
    }

    fn shared_ciphers(&self, py: Python<'_>) -> Option<Vec<(&'static str, &'static str, i32)>> {
        ask!(self, py, face => face.shared_ciphers())
    }

    fn version(&self, py: Python<'_>) -> Option<&'static str> {
        ask!(self, py, face => face.version())
    }

    fn compression(&self, py: Python<'_>) -> Option<&'static str> {
        ask!(self, py, face => face.compression())
    }

    fn selected_alpn_protocol(&self, py: Python<'_>) -> Option<String> {
        ask!(self, py, face => face.selected_alpn_protocol())
    }

    #[pyo3(signature = (cb_type = "tls-unique"))]
    fn get_channel_binding<'py>(
        &self,
        py: Python<'py>,
        cb_type: &str,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let binding = ask!(self, py, face => face.get_channel_binding(cb_type)).or_raise(py)?;
        Ok(binding.map(|binding| PyBytes::new(py, &binding)))
    }

    #[getter]
    fn context(&self, py: Python<'_>) -> Option<Py<Context>> {
        self.context_object(py)
    }

    #[setter]
    fn set_context(this: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = this.py();
        let connection = this.get();
        let Ok(context) = value.cast::<Context>() else {
            return Err(PyTypeError::new_err("The value must be a SSLContext"));
        };
        let engine = context.get().engine.clone();
        if Current::is(this) {
            // A callback cannot change its own connection. The library sets the context when the
            // callback has returned.
            *lock(&connection.chosen) = Some(engine);
        } else {
            ask!(connection, py, face => face.set_context(&engine)).or_raise(py)?;
        }
        let replaced = lock(&connection.context).replace(context.clone().unbind());
        drop(replaced);
        Ok(())
    }

    #[getter]
    fn owner<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let owner = lock(&self.owner)
            .as_ref()
            .map(|owner| owner.clone_ref(py))?;
        owner.bind(py).upgrade()
    }

    #[setter]
    fn set_owner(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let owner = weak(value)?;
        let replaced = lock(&self.owner).replace(owner);
        drop(replaced);
        Ok(())
    }

    #[getter]
    fn session(&self, py: Python<'_>) -> Option<Session> {
        ask!(self, py, face => face.session()).map(Session)
    }

    #[setter]
    fn set_session(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        let session = session::exactly(value)?;
        ask!(self, py, face => face.set_session(&session)).or_raise(py)
    }

    #[getter]
    fn session_reused(&self, py: Python<'_>) -> bool {
        py.detach(|| match &self.face {
            Face::Socket(face, _) => face.session_reused().unwrap_or(false),
            Face::Object(face) => face.session_reused(),
        })
    }

    #[getter]
    fn server_side(&self) -> bool {
        match &self.face {
            Face::Socket(face, _) => face.server_side(),
            Face::Object(face) => face.server_side(),
        }
    }

    #[getter]
    fn server_hostname(&self) -> Option<&str> {
        match &self.face {
            Face::Socket(face, _) => face.server_hostname(),
            Face::Object(face) => face.server_hostname(),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.context.try_lock() {
            Ok(context) => visit.call(&*context),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let context = lock(&self.context).take();
        drop(context);
    }
}

fn list(py: Python<'_>, chain: Vec<pyssl::Certificate>) -> PyResult<Option<Bound<'_, PyList>>> {
    if chain.is_empty() {
        return Ok(None);
    }
    let chain = chain
        .into_iter()
        .map(|certificate| Bound::new(py, Certificate(certificate)));
    Ok(Some(PyList::new(py, chain.collect::<PyResult<Vec<_>>>()?)?))
}

thread_local! {
    static CURRENT: RefCell<Vec<Py<Connection>>> = const { RefCell::new(Vec::new()) };
}

/// Marks a connection as the one that this thread drives, until it is dropped.
pub(crate) struct Current;

impl Current {
    pub(crate) fn enter(connection: &Bound<'_, Connection>) -> Current {
        let connection = connection.clone().unbind();
        CURRENT.with_borrow_mut(|stack| stack.push(connection));
        Current
    }

    pub(crate) fn get(py: Python<'_>) -> Option<Bound<'_, Connection>> {
        CURRENT.with_borrow(|stack| stack.last().map(|top| top.bind(py).clone()))
    }

    /// Whether this thread drives the connection; if so, the caller is a callback.
    pub(crate) fn is(connection: &Bound<'_, Connection>) -> bool {
        Current::get(connection.py()).is_some_and(|current| current.is(connection))
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let top = CURRENT.with_borrow_mut(Vec::pop);
        drop(top);
    }
}
