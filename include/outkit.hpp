#ifndef OUTKIT_HPP
#define OUTKIT_HPP

// Everything, for people who do not care about compile time. Each header also stands alone.

#include <outkit/account/mailbox.hpp>
#include <outkit/account/types.hpp>
#include <outkit/adapted_stream.hpp>
#include <outkit/blocking.hpp>
#include <outkit/check/atlas.hpp>
#include <outkit/check/report.hpp>
#include <outkit/error.hpp>
#include <outkit/graph/client.hpp>
#include <outkit/http/client.hpp>
#include <outkit/imap/client.hpp>
#include <outkit/mime/message.hpp>
#include <outkit/mime/structure.hpp>
#include <outkit/oauth2/client.hpp>
#include <outkit/sasl/xoauth2.hpp>
#include <outkit/secret.hpp>
#include <outkit/smtp/client.hpp>
#include <outkit/smtp/refusal.hpp>
#include <outkit/stream.hpp>
#include <outkit/tls.hpp>
#include <outkit/version.hpp>

#endif
