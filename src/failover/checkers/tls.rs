//! TLS of `SSL_GET`. Whom we talk to is not asked, as in the original: a check is about whether a server works. A certificate of
//! our own is shown if the `SSL` block has one.

use std::{io, net::IpAddr, path::Path, sync::Arc};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, aws_lc_rs},
    },
};

use crate::ir::failover::lvs::Tls;

/// What TLS is spoken with.
#[derive(Clone)]
pub struct Trust {
    plain: TlsConnector,
    /// With the name of the host in the hello.
    named: TlsConnector,
}

impl Trust {
    /// Reads what the `SSL` block names.
    ///
    /// # Errors
    /// A file cannot be read, or certificate and key do not fit.
    pub fn new(tls: Option<&Tls>) -> io::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let anybody = Arc::new(Anybody(Arc::clone(&provider)));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(anybody);
        if let Some(ca) = tls.and_then(|tls| tls.ca.as_deref()) {
            certificates(ca)?;
        }
        let own = tls.and_then(|tls| Some((tls.certificate.as_deref()?, tls.key.as_deref()?)));
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| about(key, &error))?;
                builder.with_client_auth_cert(certificates(certificate)?, key).map_err(io::Error::other)?
            }
        };
        let named = TlsConnector::from(Arc::new(config.clone()));
        config.enable_sni = false;
        Ok(Self { plain: TlsConnector::from(Arc::new(config)), named })
    }

    /// The handshake. The name is said in the hello if there is one.
    pub(super) async fn connect(
        &self,
        name: Option<&str>,
        to: IpAddr,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        match name.and_then(|name| ServerName::try_from(name.to_owned()).ok()) {
            Some(name) => self.named.connect(name, stream).await,
            None => self.plain.connect(ServerName::IpAddress(to.into()), stream).await,
        }
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Trust")
    }
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    all.map_err(|error| about(path, &error))
}

fn about(path: &Path, error: &rustls_pki_types::pem::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

/// Takes every certificate for what it says it is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
