/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks an HTTPS server for a file, and believes it only if its certificate is from somebody whom
 * the system trusts: client HOST:PORT [PATH].
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

/* The address is what the certificate has to name, be it an IP address or a name. */
static BIO *connect_to(SSL_CTX *context, const char *address)
{
	BIO *bio = BIO_new_ssl_connect(context);
	char host[256];
	SSL *ssl;

	if (!bio)
		return NULL;
	snprintf(host, sizeof(host), "%.*s", (int)strcspn(address, ":"), address);
	BIO_get_ssl(bio, &ssl);
	SSL_set_tlsext_host_name(ssl, host);
	if (!X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host))
		SSL_set1_host(ssl, host);
	BIO_set_conn_hostname(bio, address);
	if (BIO_do_handshake(bio) == 1)
		return bio;
	if (SSL_get_verify_result(ssl) != X509_V_OK)
		fprintf(stderr, "client: %s\n",
			X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
	BIO_free_all(bio);
	return NULL;
}

static void print_body(BIO *bio)
{
	char answer[65536];
	size_t n = 0;
	int got;

	while (n < sizeof(answer) - 1 &&
	       (got = BIO_read(bio, answer + n, (int)(sizeof(answer) - 1 - n))) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	const char *body = strstr(answer, "\r\n\r\n");
	printf("%s", body ? body + 4 : answer);
}

int main(int argc, char **argv)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	BIO *bio;

	if (argc < 2 || !context || !SSL_CTX_set_default_verify_paths(context))
		return 2;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	bio = connect_to(context, argv[1]);
	if (!bio) {
		ERR_print_errors_fp(stderr);
		return 1;
	}
	BIO_printf(bio, "GET /%s HTTP/1.0\r\n\r\n", argc > 2 ? argv[2] : "");
	print_body(bio);
	BIO_free_all(bio);
	SSL_CTX_free(context);
	return 0;
}
