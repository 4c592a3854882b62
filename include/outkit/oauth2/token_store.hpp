#ifndef OUTKIT_OAUTH2_TOKEN_STORE_HPP
#define OUTKIT_OAUTH2_TOKEN_STORE_HPP

#include <outkit/detail/files.hpp>
#include <outkit/oauth2/stored_account.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace outkit::inline OUTKIT_ABI::oauth2 {

/** Where sign-ins are kept between runs, and shared by processes.

    Implement it for a place of your own: a database, a keyring. Nothing here waits; who finds something taken comes
    again a moment later. `said` gets what to show beside an error: names, paths and remedies, no secrets.
*/
class token_store
{
public:
    virtual ~token_store() = default;

    /// Who holds it may renew and change that account, and nobody else may, in this process or another.
    class lock
    {
    public:
        virtual ~lock() = default;
        /// Still the only one. A lock can be lost, where somebody removes files.
        virtual bool held() const = 0;
    };

    /// Null without an error: somebody else has it.
    virtual std::unique_ptr<lock> try_lock(account_id const& of, error_code& ec, std::string& said) = 0;

    /// All accounts, in the order of their ids. Needs no lock: what is read is whole.
    virtual std::vector<stored_account> accounts(error_code& ec, std::string& said) = 0;

    /// One account; nothing when it is not there.
    virtual std::optional<stored_account> read(account_id const& of, error_code& ec, std::string& said) = 0;

    /** Keeps the account, in the place of what there was of it. When it returns without error, it will be there after a
        power cut; with an error, nothing has changed.

        @param ec  error::store_busy: somebody is writing, try again; error::store_full and others
    */
    virtual void write(stored_account const& a, error_code& ec, std::string& said) = 0;

    /// Forgets the account, as durably; no error when it is not there.
    virtual void erase(account_id const& of, error_code& ec, std::string& said) = 0;
};

/// One that keeps sign-ins as long as it lives. Thread-safe.
OUTKIT_DECL std::shared_ptr<token_store> make_memory_token_store();

/// How a token file is protected at rest.
struct file_protection
{
    /** Empty: by its mode only (0600), readable by whoever is or becomes this user. Else a key of 32 octets, for
        AES-256-GCM. Keep it where the file is not: a keyring, another machine's secret service. It is a key and not a
        password: nothing makes it harder to guess. */
    secret key = secret();

    /** Asks for that key when the file is first read or written, and keeps it: for a keyring, which may be locked or ask
        the user. What it returns or says is the end of it: with an error, or without a key of 32 octets, the operation
        ends with error::store_key, nothing is read or written, and the next operation asks again. A file with a key
        that cannot be had is never written without one. Called by one thread at a time.

        @param said  what to show beside an error, no secrets
    */
    std::function<secret(error_code& ec, std::string& said)> find_key = {};

    /// For a file system without locks, when no other process ever uses the file: nothing is locked then.
    bool single_process = false;
};

/** One that keeps sign-ins in a file, for all processes of one user.

    The file has mode 0600 and is replaced at once and durably. A lock beside it (`PATH.lock`, never removed) is the
    kernel's and is given up when its holder dies. A damaged file is not used, and kept as `PATH.corrupt-N` when the next
    sign-in needs its place. One of a newer major version is not touched; what a newer minor version wrote and this one
    does not know is kept. At most 4 MiB and 1,000 accounts. On network and synchronised folders locks cannot be relied
    on. Thread-safe.

    Errors: error::store_insecure, store_corrupt, store_version, store_key, store_full, store_busy, store_io.

    @param path  UTF-8. Nothing is read yet; the folder is made with mode 0700 when it is needed
    @param disk  files; a test has its own
*/
OUTKIT_DECL std::shared_ptr<token_store> make_file_token_store(std::string path, file_protection protection);
OUTKIT_DECL std::shared_ptr<token_store> make_file_token_store(std::string path, file_protection protection,
                                                               outkit::detail::files& disk);

}  // namespace outkit::inline OUTKIT_ABI::oauth2

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/oauth2/token_store.ipp>
#endif

#endif
