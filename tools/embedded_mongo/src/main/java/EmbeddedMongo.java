import de.bwaldvogel.mongo.MongoServer;
import java.util.ArrayList;
import java.util.List;

/**
 * Usage: EmbeddedMongo PORT [H2_FILE] [--only-similar]. Serves on 127.0.0.1; with H2_FILE the data survives a restart. Does with
 * writes as a MongoDB does, or only similarly (Likeness).
 */
public final class EmbeddedMongo {
    private static final String ONLY_SIMILAR = "--only-similar";

    public static void main(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        Likeness likeness = new Likeness(!words.remove(ONLY_SIMILAR));
        if (words.isEmpty() || words.size() > 2 || words.stream().anyMatch(word -> word.startsWith("-"))) {
            System.err.println("usage: EmbeddedMongo PORT [H2_FILE] [" + ONLY_SIMILAR + "]");
            System.exit(2);
        }
        int port = Integer.parseInt(words.get(0));
        MongoServer server =
            new MongoServer(words.size() == 2 ? new FileStore(words.get(1), likeness) : new MemoryStore(likeness));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        server.bind("127.0.0.1", port);
        System.out.println("listening on 127.0.0.1:" + port);
    }

    private EmbeddedMongo() {}
}
