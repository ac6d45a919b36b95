//! Opening a connection: name, socket, TLS, HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::connection::{Connection, Wire};
use super::stamped::{Faults, Stamped};
use crate::client::clock::Clock;
use crate::client::failure::{Failure, classify_connect, connect_timeout};
use crate::client::setup::SetupError;

/// Opens connections to one endpoint.
pub(super) struct Connector {
    host: Host,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    connect_s: f64,
    clock: Clock,
    pub(super) faults: Arc<Faults>,
}

impl Connector {
    /// Connections to where `base` points; over TLS where `tls` is given.
    pub(super) fn new(
        base: &Url,
        tls: Option<rustls::ClientConfig>,
        connect_s: f64,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        let invalid = |why: &str| SetupError::Invalid { what: "`url`", why: why.to_owned() };
        let host = base.host().ok_or_else(|| invalid("it names no host"))?.to_owned();
        let port = base.port_or_known_default().ok_or_else(|| invalid("it names no port"))?;
        let tls = tls
            .map(|config| {
                let name = match &host {
                    Host::Domain(name) => ServerName::try_from(name.clone())
                        .map_err(|_| invalid("its host is not a name that a certificate can be for"))?,
                    Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
                    Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
                };
                Ok((TlsConnector::from(Arc::new(config)), name))
            })
            .transpose()?;
        Ok(Self { host, port, tls, connect_s, clock, faults: Arc::default() })
    }

    /// Opens a connection, within the time that connecting has.
    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        let limit = Duration::from_secs_f64(self.connect_s);
        tokio::time::timeout(limit, self.open())
            .await
            .unwrap_or_else(|_| Err(connect_timeout(self.connect_s)))
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let stamped = self.socket().await.map_err(|error| classify_connect(&error))?;
        let wire = match &self.tls {
            None => Wire::Plain(stamped),
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stamped).await;
                Wire::Tls(Box::new(stream.map_err(|error| classify_connect(&error))?))
            }
        };
        Connection::handshake(wire).await.map_err(|error| classify_connect(&error))
    }

    /// A socket to the first of the host's addresses that answers.
    async fn socket(&self) -> std::io::Result<Stamped> {
        let addresses: Vec<SocketAddr> = match &self.host {
            Host::Domain(name) => tokio::net::lookup_host((name.as_str(), self.port)).await?.collect(),
            Host::Ipv4(address) => vec![(*address, self.port).into()],
            Host::Ipv6(address) => vec![(*address, self.port).into()],
        };
        let mut failed = std::io::Error::new(std::io::ErrorKind::NotFound, "the host's name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(socket) => {
                    socket.set_nodelay(true)?;
                    return Stamped::new(socket, self.clock, self.faults.clone());
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}
