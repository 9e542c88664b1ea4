#include "tests/support/tls_proxy.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace twinfleet::testing {
namespace {

/// Its arguments: the port to listen on, the folder of certificate and key, the port of the server.
constexpr const char* program = R"(
import asyncio, os, ssl, sys

port, folder, server_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])

async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.close()

async def serve(reader, writer):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", server_port)
    await asyncio.gather(pump(reader, server_writer), pump(server_reader, writer))

async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/proxy.crt", folder + "/proxy.key")
    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    os.write(1, b"listening\n")
    await server.serve_forever()

asyncio.run(main())
)";

}  // namespace

TlsProxy::TlsProxy(const Identity& identity, std::uint16_t server_port)
    : process_({.name = "the TLS proxy",
                .words =
                    [&identity, server_port](std::uint16_t port, const std::filesystem::path& folder) {
                        identity.write_certificate(folder / "proxy.crt");
                        identity.write_key(folder / "proxy.key");
                        return std::vector<std::string>{"python3",       "-c",
                                                        program,         std::to_string(port),
                                                        folder.string(), std::to_string(server_port)};
                    },
                .ready_text = "listening",
                .start_timeout = std::chrono::seconds(20)}) {}

}  // namespace twinfleet::testing
