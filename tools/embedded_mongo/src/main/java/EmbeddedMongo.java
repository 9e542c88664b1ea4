import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import java.util.List;

/** Usage: EmbeddedMongo PORT [H2_FILE]. Serves on 127.0.0.1; with H2_FILE the data survives a restart. */
public final class EmbeddedMongo {
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("usage: EmbeddedMongo PORT [H2_FILE]");
            System.exit(2);
        }
        int port = Integer.parseInt(arguments[0]);
        MongoBackend backend = arguments.length == 2 ? new H2Backend(arguments[1]) : new IndexedBackend();
        MongoServer server = new MongoServer(backend);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", port);
        System.out.println("listening on 127.0.0.1:" + port);
    }

    private static final class IndexedBackend extends MemoryBackend {
        @Override
        public MemoryDatabase openOrCreateDatabase(String databaseName) {
            return new MemoryDatabase(databaseName, getCursorRegistry()) {
                @Override
                protected Index<Integer> openOrCreateUniqueIndex(
                    String collectionName, String indexName, List<IndexKey> keys, boolean sparse) {
                    return new RangeIndex(indexName, keys, sparse);
                }
            };
        }
    }

    private EmbeddedMongo() {}
}
