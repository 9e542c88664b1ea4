import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Cursor;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import java.util.List;

/** Everything in memory, with ranges of times by index. */
final class MemoryStore extends MemoryBackend {
    @Override
    public MemoryDatabase openOrCreateDatabase(String databaseName) {
        return new Database(databaseName, getCursorRegistry());
    }

    private static final class Database extends MemoryDatabase {
        Database(String name, CursorRegistry cursors) {
            super(name, cursors);
        }

        @Override
        protected MemoryCollection openOrCreateCollection(String collectionName, CollectionOptions options) {
            return new Collection(this, collectionName, options, cursorRegistry);
        }

        @Override
        protected Index<Integer> openOrCreateUniqueIndex(
            String collectionName, String indexName, List<IndexKey> keys, boolean sparse) {
            return MemberIndex.isMeantBy(keys)
                ? new MemberIndex<>(indexName, keys, sparse)
                : new RangeIndex(indexName, keys, sparse);
        }
    }

    private static final class Collection extends MemoryCollection {
        /** What it finds then, it changes in place. */
        private boolean isFindingToModify;

        Collection(Database database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        @Override
        public synchronized QueryResult handleQuery(QueryParameters parameters) {
            QueryResult result = super.handleQuery(parameters);
            return isFindingToModify ? result : Copies.of(result);
        }

        @Override
        protected Cursor createCursor(List<Document> remaining) {
            return super.createCursor(Copies.of(remaining));
        }

        @Override
        public synchronized Document findAndModify(Document query) {
            isFindingToModify = true;
            try {
                return super.findAndModify(query).cloneDeeply();
            } finally {
                isFindingToModify = false;
            }
        }
    }
}
