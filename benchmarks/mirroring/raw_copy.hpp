#pragma once

#include <string>

namespace twinfleet::benchmarks {

/// What the mirror is compared with: libmongoc alone, one thread, each document read and inserted unchanged under a new
/// id, in unordered batches of 1000, into collections beside the originals that bear the mirror's index. No mappings,
/// no links, no policies. Returns the number of documents.
std::size_t raw_copy(const std::string& mongo_uri);

/// Removes what raw_copy() made.
void remove_raw_copy(const std::string& mongo_uri);

}  // namespace twinfleet::benchmarks
