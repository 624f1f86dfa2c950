#pragma once
/// What Alertmanager tells alerts apart by: one that is resolved has to have the labels it was fired with.

#include <keenlance/notify/formats.hpp>

#include <string>

namespace keenlance {

inline std::string labels_of(const Notification& notification) {
    Letter letter;
    letter.notification = notification;
    const auto text = format_alertmanager(letter, letter.created);
    return text.substr(0, text.find("\"annotations\""));
}

}  // namespace keenlance
