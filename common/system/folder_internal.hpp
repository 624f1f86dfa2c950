#pragma once
/// A folder that is being read, closed when its owner goes.

#include <dirent.h>

#include <memory>

namespace keenlance {

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

}  // namespace keenlance
