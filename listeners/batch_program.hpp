#pragma once
/// The one program behind crashmailbatch, fatalmailbatch and crashsms, which differ only in what they collect
/// and in their words.

#include <listeners/batch.hpp>

#include <string>

namespace keenlance::batch {

/// What tells the three apart.
struct Variant {
    std::string program;
    Kind kind;
    std::string summary;          ///< the first line of --help
    std::string default_subject;  ///< "" for none
    std::string does;             ///< for someone who runs it by hand
};

/// All of main(); its exit code is main's.
int run_batch_program(int argc, char** argv, const Variant& variant);

}  // namespace keenlance::batch
