#pragma once
/// A supervisord in a folder of its own, as long as the object lives.

#include <support/temporary_folder.hpp>
#include <sys/types.h>

#include <functional>
#include <string>

namespace keenlance {

/// Runs the supervisord in PATH in the foreground. It listens on a unix socket without a password and, with a
/// Login, on a port of 127.0.0.1 that wants it. It ends with the test program, and its processes with it.
class RealSupervisord {
  public:
    struct Login {
        std::string user, password;
    };
    /// Makes the [program:x] sections, and what they need, in the folder.
    using Sections = std::function<std::string(const TemporaryFolder&)>;

    /// Returns when it listens. Throws std::runtime_error with what it printed when it does not.
    explicit RealSupervisord(const Sections& sections, const Login& login = {});
    ~RealSupervisord();
    RealSupervisord(const RealSupervisord&) = delete;
    RealSupervisord& operator=(const RealSupervisord&) = delete;
    RealSupervisord(RealSupervisord&&) = delete;
    RealSupervisord& operator=(RealSupervisord&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
    [[nodiscard]] std::string socket() const { return folder_.at("s.sock"); }
    [[nodiscard]] int port() const { return port_; }  ///< 0 without a Login

  private:
    void start();
    [[nodiscard]] bool listens() const;
    bool has_ended();
    void kill_at_once();
    void end_its_processes() const;

    TemporaryFolder folder_;
    pid_t pid_ = -1;
    int port_ = 0;
};

}  // namespace keenlance
