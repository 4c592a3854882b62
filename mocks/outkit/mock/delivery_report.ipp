#ifndef OUTKIT_MOCK_DELIVERY_REPORT_IPP
#define OUTKIT_MOCK_DELIVERY_REPORT_IPP

#include <outkit/mime/header.hpp>
#include <outkit/mock/delivery_report.hpp>

#include <algorithm>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::mock {

namespace delivery_report_detail {

// "550 5.1.10 text": the code, or one for what has no code.
inline std::string status_of(recipient_report const& r)
{
    if (!r.failed())
        return "2.0.0";
    std::string_view const text = std::string_view(r.diagnostic).substr(std::min<std::size_t>(4, r.diagnostic.size()));
    return std::string(text.substr(0, text.find(' ')));
}

inline std::string typed(std::string const& address)
{
    bool const ascii = std::all_of(address.begin(), address.end(), [](char c) { return (c & 0x80) == 0; });
    return (ascii ? "rfc822;" : "utf-8;") + address;
}

}  // namespace delivery_report_detail

OUTKIT_INLINE std::string format(delivery_report const& r)
{
    using namespace delivery_report_detail;
    bool const failed = std::any_of(r.recipients.begin(), r.recipients.end(), [](auto const& x) { return x.failed(); });
    bool const relayed = std::all_of(r.recipients.begin(), r.recipients.end(), [](auto const& x) { return x.relayed; });
    auto const fields = mime::read_fields(r.message);
    std::string subject, about;
    if (auto const* const f = mime::find(fields, "Subject"))
        subject = mime::unfold(f->value);
    if (auto const* const f = mime::find(fields, "Message-ID"))
        about = mime::unfold(f->value);
    std::string const date =
        mime::format_date({std::chrono::floor<std::chrono::seconds>(r.date), std::chrono::minutes(0)});
    std::string_view const header = std::string_view(r.message).substr(0, r.message.find("\r\n\r\n"));

    std::string s = "From: " + r.from + "\r\nTo: " + r.to + "\r\nDate: " + date + "\r\nSubject: " +
                    (failed    ? "Undeliverable: "
                     : relayed ? "Relayed: "
                               : "Delivered: ") +
                    subject + "\r\nMessage-ID: " + r.id + "\r\n";
    if (!about.empty())
        s += "In-Reply-To: " + about + "\r\nReferences: " + about + "\r\n";
    s += "Auto-Submitted: auto-replied\r\nContent-Language: en-US\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" +
         r.boundary + "\"\r\n\r\n";

    std::string const part = "--" + r.boundary + "\r\nContent-Type: ";
    s += part + "text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    s += failed    ? "Delivery has failed to these recipients or groups:\r\n\r\n"
         : relayed ? "Delivery to these recipients or groups is complete, but no delivery notification was sent by the "
                     "destination server:\r\n\r\n"
                   : "Your message has been delivered to the following recipients:\r\n\r\n";
    for (auto const& x : r.recipients)
        s += x.address + "\r\n";
    if (failed)
    {
        s += "\r\nDiagnostic information for administrators:\r\n\r\nGenerating server: " + r.server + "\r\n\r\n";
        for (auto const& x : r.recipients)
            s += x.address + "\r\nRemote Server returned '" + x.diagnostic + "'\r\n\r\n";
        s += "Original message headers:\r\n\r\n";
        s += header;
        s += "\r\n";
    }

    // per-message-fields CRLF 1*(CRLF per-recipient-fields) ; RFC 3464 section 2.1
    s += "\r\n" + part + "message/delivery-status\r\n\r\n";
    if (!r.envelope_id.empty())
        s += "Original-Envelope-Id: " + r.envelope_id + "\r\n";
    s += "Reporting-MTA: dns;" + r.server + "\r\nArrival-Date: " + date + "\r\n";
    for (auto const& x : r.recipients)
    {
        s += "\r\n";
        if (!x.original.empty())
            s += "Original-Recipient: " + x.original + "\r\n";
        s += "Final-Recipient: " + typed(x.address) + "\r\nAction: " +
             (x.failed()  ? "failed"
              : x.relayed ? "relayed"
                          : "delivered") +
             "\r\nStatus: " + status_of(x) + "\r\n";
        if (x.failed())
            s += "Diagnostic-Code: smtp;" + x.diagnostic + "\r\n";
    }
    s += "\r\n" + part + (r.whole_message ? "message/rfc822\r\n\r\n" : "text/rfc822-headers\r\n\r\n");
    s += r.whole_message ? std::string_view(r.message) : header;
    s += "\r\n--" + r.boundary + "--\r\n";
    return s;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
