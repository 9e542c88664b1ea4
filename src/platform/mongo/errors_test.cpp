#include "platform/mongo/errors.hpp"

#include <algorithm>
#include <string_view>

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mongo {
namespace {

bson_error_t error_of(std::uint32_t domain, std::uint32_t code, std::string_view message) {
    bson_error_t error{};
    error.domain = domain;
    error.code = code;
    std::ranges::copy(message.substr(0, sizeof error.message - 1), error.message);
    return error;
}

TEST(MongoErrors, AServerThatIsGoingDownOrNoPrimaryIsUnavailable) {
    constexpr std::uint32_t not_writable_primary = 10107;
    EXPECT_THROW(raise(error_of(MONGOC_ERROR_SERVER, not_writable_primary, "not primary")), platform::StoreUnavailable);
    EXPECT_THROW(raise(error_of(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, "refused")),
                 platform::StoreUnavailable);
    EXPECT_THROW(raise(error_of(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE, "none")),
                 platform::StoreUnavailable);
}

TEST(MongoErrors, EveryCodeOfAChangeOfThePrimaryIsUnavailable) {
    for (const std::uint32_t code :
         {6U,   7U,   24U,   43U,    63U,    89U,    91U,    133U,   134U,   150U,   189U,  202U,
          237U, 262U, 9001U, 10058U, 10107U, 11600U, 11601U, 11602U, 13388U, 13435U, 13436U}) {
        EXPECT_TRUE(means_unavailable(static_cast<int>(code))) << code;
        for (const std::uint32_t domain : {MONGOC_ERROR_SERVER, MONGOC_ERROR_WRITE_CONCERN}) {
            EXPECT_THROW(raise(error_of(domain, code, "not primary")), platform::StoreUnavailable) << code;
        }
    }
    for (const int code : {2, 13, 26, 85, 121, 11000}) {
        EXPECT_FALSE(means_unavailable(code)) << code;
    }
}

TEST(MongoErrors, AWriteThatIsNotAcknowledgedIsUnavailableWhateverTheCode) {
    constexpr std::uint32_t write_concern_failed = 64;
    constexpr std::uint32_t unknown_mode = 79;
    for (const std::uint32_t code : {write_concern_failed, unknown_mode}) {
        EXPECT_TRUE(means_unavailable(error_of(MONGOC_ERROR_WRITE_CONCERN, code, "timed out"))) << code;
        EXPECT_THROW(raise(error_of(MONGOC_ERROR_WRITE_CONCERN, code, "timed out")), platform::StoreUnavailable)
            << code;
    }
}

TEST(MongoErrors, AnythingElseTheServerSaysIsARefusalWithItsCode) {
    constexpr std::uint32_t unauthorized = 13;
    try {
        raise(error_of(MONGOC_ERROR_SERVER, unauthorized, "not allowed"));
    } catch (const platform::StoreRefused& refusal) {
        EXPECT_EQ(refusal.code(), 13);
        EXPECT_EQ(refusal.store(), "MongoDB");
    }
}

TEST(MongoErrors, WhatTheServerQuotesIsLeftOut) {
    EXPECT_EQ(without_data("E11000 duplicate key error collection: db.things index: phone dup key: { phone: \"+7\" }"),
              "E11000 duplicate key error collection: db.things index: phone");
    EXPECT_EQ(without_data("cannot read {a: 1}"), "cannot read ");
    EXPECT_EQ(without_data("cannot read \"secret\""), "cannot read ");
    EXPECT_EQ(without_data("no data"), "no data");
}

}  // namespace
}  // namespace twinfleet::mongo
